// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
)

// count is what was counted of a flow.
type count struct{ packets, bytes uint64 }

// counts names flows as "udp 10.77.0.1:40001 > 10.77.0.2:7000 egress". It leaves out the
// conversations with the CNF itself.
func counts(flows []flow) map[string]count {
	all := map[string]count{}
	for _, f := range flows {
		source := netip.AddrPortFrom(f.Source, f.SourcePort)
		destination := netip.AddrPortFrom(f.Destination, f.DestinationPort)
		if source.String() == listenAddress || destination.String() == listenAddress {
			continue
		}
		name := fmt.Sprintf("%s %s > %s %s", f.Protocol, source, destination, f.Direction)
		all[name] = count{f.Packets, f.Bytes}
	}
	return all
}

// expectCounts waits until the flows between the two ports are exactly these.
func (p *process) expectCounts(t *testing.T, client, server uint16, want map[string]count) {
	t.Helper()
	eventually(t, func() error { return compareCounts(between(client, server, counts(p.flows())), want) })
}

// between picks the flows between two ports, in both directions.
func between(client, server uint16, all map[string]count) map[string]count {
	picked := map[string]count{}
	for name, c := range all {
		if strings.Contains(name, fmt.Sprintf(":%d >", client)) && strings.Contains(name, fmt.Sprintf(":%d ", server)) ||
			strings.Contains(name, fmt.Sprintf(":%d >", server)) && strings.Contains(name, fmt.Sprintf(":%d ", client)) {
			picked[name] = c
		}
	}
	return picked
}

func compareCounts(got, want map[string]count) error {
	var differences []string
	for name, c := range want {
		if got[name] != c {
			differences = append(differences, fmt.Sprintf("%s: counted %v, want %v", name, got[name], c))
		}
	}
	for name, c := range got {
		if _, ok := want[name]; !ok {
			differences = append(differences, fmt.Sprintf("%s: counted %v, want none", name, c))
		}
	}
	if len(differences) > 0 {
		return fmt.Errorf("packets and bytes:\n%s", strings.Join(differences, "\n"))
	}
	return nil
}

// onLoopback are the counts of what a client sent and what it got back. On loopback both sockets
// see the same.
func onLoopback(protocol, address string, client, server uint16, up, down count) map[string]count {
	there := fmt.Sprintf("%s %s:%d > %s:%d ", protocol, address, client, address, server)
	back := fmt.Sprintf("%s %s:%d > %s:%d ", protocol, address, server, address, client)
	return map[string]count{there + "egress": up, there + "ingress": up, back + "egress": down, back + "ingress": down}
}

// expectEvents waits until the log has each of the events, once, about a flow from
// source port to destination port.
func (p *process) expectEvents(t *testing.T, source, destination uint16, want map[string]int) {
	t.Helper()
	eventually(t, func() error {
		got := map[string]int{}
		for line := range strings.Lines(p.log()) {
			if !strings.Contains(line, fmt.Sprintf(" source_port=%d ", source)) ||
				!strings.Contains(line, fmt.Sprintf(" destination_port=%d ", destination)) {
				continue
			}
			got[logValue(line, "kind")+" "+logValue(line, "direction")]++
		}
		for event, n := range want {
			if got[event] != n {
				return fmt.Errorf("events of %d > %d are %v, want %v", source, destination, got, want)
			}
		}
		if len(got) != len(want) {
			return fmt.Errorf("events of %d > %d are %v, want only %v", source, destination, got, want)
		}
		return nil
	})
}

func logValue(line, key string) string {
	_, rest, _ := strings.Cut(line, " "+key+"=")
	value, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	return value
}
