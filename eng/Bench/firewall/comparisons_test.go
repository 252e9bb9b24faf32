// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"net/netip"
	"testing"

	"github.com/cilium/ebpf"
)

var comparisons = []comparison{
	{
		costCase: "deny list of 512 addresses, none of them a source",
		peer:     "xdp-filter",
		object:   "xdpfilt_alw_ip",
		fill:     xdpFilter(noSources),
	},
	{
		costCase: "deny list of 512 addresses, every other of the first 1024 sources",
		peer:     "xdp-filter",
		object:   "xdpfilt_alw_ip",
		fill:     xdpFilter(otherSources),
	},
}

// xdpFilter puts sources on the list of xdp-filter, as `xdp-filter ip --mode src` does.
func xdpFilter(sources []string) func(*testing.T, map[string]*ebpf.Map) {
	return func(t *testing.T, maps map[string]*ebpf.Map) {
		t.Helper()
		const source = 1 // the mode in xdp-filter's flags
		flags := make([]uint64, ebpf.MustPossibleCPU())
		for i := range flags {
			flags[i] = source
		}
		for _, address := range sources {
			must(t, maps["filter_ipv4"].Put(netip.MustParseAddr(address).As4(), flags))
		}
	}
}
