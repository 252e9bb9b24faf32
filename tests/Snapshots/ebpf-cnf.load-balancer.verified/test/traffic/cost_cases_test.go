// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var costCases = []costCase{
	{name: "no service", args: func(*testing.T) []string { return []string{"--max-flows", "0"} }},
	{name: "packets of no service", args: func(t *testing.T) []string { return costArgs(t, "192.0.2.2", "l2", 1<<16) }},
	{name: "l2, room for 65,536", args: func(t *testing.T) []string { return costArgs(t, "192.0.2.1", "l2", 1<<16) }},
}

// costArgs are a service with ten backends, and room for a number of connections.
func costArgs(t *testing.T, address, mode string, room int) []string {
	t.Helper()
	text := strings.Builder{}
	fmt.Fprintf(&text, "services: [{name: test, address: %s, port: 53, protocol: udp, forward: %s, backends: [", address, mode)
	for i := range 10 {
		fmt.Fprintf(&text, "{address: 10.77.0.%d, mac: '02:00:00:00:00:02'},", 10+i)
	}
	text.WriteString("]}]\n")
	file := filepath.Join(t.TempDir(), "services.yaml")
	must(t, os.WriteFile(file, []byte(text.String()), 0o644))
	return []string{"--max-flows", "0", "--max-connections", fmt.Sprint(room), "--services", file}
}
