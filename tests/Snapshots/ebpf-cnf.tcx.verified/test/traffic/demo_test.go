// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"flag"
	"fmt"
	"sort"
	"strings"
	"testing"

	"example.com/my-cnf/internal/testnet"
)

// say prints for people who run make demo, and logs in a test run.
func say(t *testing.T, format string, args ...any) {
	if flag.Lookup("test.run").Value.String() == "^TestDemo$" {
		fmt.Printf(format+"\n", args...)
		return
	}
	t.Logf(format, args...)
}

// TestDemo is `make demo`: it runs the CNF on devices that exist for its sake only, sends
// traffic, shows what was counted and compares that with what was sent.
func TestDemo(t *testing.T) {
	const count, size = 10, 100
	b := place(t)
	p := b.start(t)
	say(t, "$ my-cnf run %s", strings.Join(b.args, " "))
	for line := range strings.Lines(p.log()) {
		say(t, "%s", strings.TrimSpace(line))
	}

	for _, version := range []int{4, 6} {
		say(t, "sending over IPv%d: %d pings, %d datagrams and %d TCP messages each way, %d bytes each", version, count, count, count, size)
		testnet.Ping(t, b.near, b.far, version, count, size)
		testnet.UDP(t, b.near, b.far, version, count, size)
		testnet.TCP(t, b.near, b.far, version, count, size)
	}
	expectDemo(t, b, p, count)

	table := printed(t, b)
	say(t, "$ my-cnf flows\n%s", table)
	say(t, "$ curl -s http://%s/metrics | grep cnf_packets_total", listenAddress)
	var totals []string
	for name, value := range p.metrics() {
		if strings.HasPrefix(name, "cnf_packets_total{") && value > 0 {
			totals = append(totals, fmt.Sprintf("%s %v", name, value))
		}
	}
	sort.Strings(totals)
	say(t, "%s\n", strings.Join(totals, "\n"))
	p.stop()
	say(t, "every packet that was sent was counted")
}

// printed is the flow table for people, after a look at the one for programs.
func printed(t *testing.T, b *bench) string {
	t.Helper()
	code, list, stderr := finish(t, b.inside(), "flows", "-o", "json")
	if code != 0 {
		t.Fatalf("flows: exit code %d\n%s", code, stderr)
	}
	code, table, stderr := finish(t, b.inside(), "flows")
	if code != 0 {
		t.Fatalf("flows: exit code %d\n%s", code, stderr)
	}
	for _, f := range parseFlows(t, list) {
		for _, want := range []string{f.Protocol, f.Source.String(), f.Destination.String()} {
			if !strings.Contains(table, want) {
				t.Errorf("no %s in the table:\n%s", want, table)
			}
		}
	}
	return table
}

// expectDemo waits for the UDP flows of both IP versions, whose packets are known to the
// last one, and for connections to have been seen.
func expectDemo(t *testing.T, b *bench, p *process, count uint64) {
	t.Helper()
	eventually(t, func() error {
		packets := map[string]uint64{}
		for _, f := range p.flows() {
			if f.SourcePort == testnet.ServerPort || f.DestinationPort == testnet.ServerPort {
				packets[f.Protocol+" "+f.Direction] += f.Packets
			}
		}
		for _, direction := range directions {
			if got := packets["udp "+direction]; got != 2*count {
				return fmt.Errorf("counted %d datagrams at %s, want %d", got, direction, 2*count)
			}
			if got := packets["tcp "+direction]; got < 2*count {
				return fmt.Errorf("counted %d TCP packets at %s, want %d or more", got, direction, 2*count)
			}
		}
		return nil
	})
}
