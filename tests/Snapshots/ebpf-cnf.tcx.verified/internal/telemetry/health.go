// SPDX-License-Identifier: Apache-2.0

package telemetry

import (
	"fmt"
	"net/http"

	"example.com/my-cnf/internal/datapath"
)

func unattached(status []datapath.LinkStatus) []datapath.LinkStatus {
	var list []datapath.LinkStatus
	for _, link := range status {
		if link.Err != nil {
			list = append(list, link)
		}
	}
	return list
}

// serveReady answers 200 only while all that is wanted is attached, and lists it in any case.
// Nothing at all to attach is not ready: the options match no target.
func serveReady(source Source) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		status := source.Status()
		missing := len(unattached(status))
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		if missing > 0 || len(status) == 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		fmt.Fprintf(w, "%d of %d attached\n", len(status)-missing, len(status))
		if len(status) == 0 {
			fmt.Fprintf(w, "no %s matches the options\n", datapath.TargetKind)
		}
		for _, link := range status {
			if link.Err != nil {
				fmt.Fprintf(w, "missing  %s %s: %v\n", link.Program, link.Target, link.Err)
				continue
			}
			fmt.Fprintf(w, "attached %s %s (%s)\n", link.Program, link.Target, link.Mode)
		}
	}
}

// serveLive answers as long as the process serves at all; run ends by itself when a part of it fails.
func serveLive(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprintln(w, "ok")
}
