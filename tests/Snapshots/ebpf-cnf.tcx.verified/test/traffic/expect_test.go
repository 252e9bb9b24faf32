// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"example.com/my-cnf/internal/testnet"
	"example.com/my-cnf/test/reference"
)

// What the CNF should have counted is worked out from the packets that a tap recorded,
// with a decoder that shares nothing with the program.
type (
	flowKey struct {
		reference.Key
		direction string
	}
	totalKey struct{ direction, reason string }
	count    struct {
		packets, bytes uint64
		flags          uint8
	}
	expectation struct {
		flows  map[flowKey]count
		totals map[totalKey]count
	}
	// view tells what a hook makes of a frame; ok is false when it does not see it.
	view func(testnet.Frame) (direction string, packet reference.Packet, bytes int, ok bool)
)

func expectationOf(frames []testnet.Frame, sees view) expectation {
	want := expectation{map[flowKey]count{}, map[totalKey]count{}}
	for _, frame := range frames {
		direction, packet, bytes, ok := sees(frame)
		if !ok {
			continue
		}
		add := func(c count, flags uint8) count {
			return count{c.packets + 1, c.bytes + uint64(bytes), c.flags | flags}
		}
		total := totalKey{direction, packet.Reason}
		want.totals[total] = add(want.totals[total], 0)
		if packet.Reason == reference.None {
			key := flowKey{packet.Key, direction}
			want.flows[key] = add(want.flows[key], packet.TCPFlags)
		}
	}
	return want
}

var (
	protocolNumbers = map[string]uint8{"icmp": 1, "tcp": 6, "udp": 17, "icmpv6": 58, "sctp": 132}
	flagNames       = []string{"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"}
)

// countedFlows is the flow table as the CNF shows it.
func countedFlows(p *process) map[flowKey]count {
	flows := map[flowKey]count{}
	for _, f := range p.flows() {
		protocol, known := protocolNumbers[f.Protocol]
		if !known {
			fmt.Sscan(f.Protocol, &protocol)
		}
		var flags uint8
		for bit, name := range flagNames {
			if strings.Contains("|"+f.TCPFlags+"|", "|"+name+"|") {
				flags |= 1 << bit
			}
		}
		key := flowKey{direction: f.Direction, Key: reference.Key{
			Source: f.Source, Destination: f.Destination, SourcePort: f.SourcePort, DestinationPort: f.DestinationPort,
			VLAN: f.VLAN, Protocol: protocol,
		}}
		flows[key] = count{f.Packets, f.Bytes, flags}
	}
	return flows
}

// countedTotals are the totals that are not zero, which all must be of packets that passed.
func countedTotals(p *process) map[totalKey]count {
	totals := map[totalKey]count{}
	for name, value := range p.metrics() {
		var sum func(count) count
		switch {
		case value == 0:
			continue
		case strings.HasPrefix(name, "cnf_packets_total{"):
			sum = func(c count) count { c.packets = uint64(value); return c }
		case strings.HasPrefix(name, "cnf_bytes_total{"):
			sum = func(c count) count { c.bytes = uint64(value); return c }
		default:
			continue
		}
		key := totalKey{label(name, "direction"), label(name, "reason")}
		if verdict := label(name, "verdict"); verdict != "pass" {
			key.reason += " " + verdict
		}
		totals[key] = sum(totals[key])
	}
	return totals
}

func label(series, name string) string {
	_, after, _ := strings.Cut(series, name+`="`)
	value, _, _ := strings.Cut(after, `"`)
	return value
}

// expectCounted waits until flow table and totals are exactly what the tap saw.
func expectCounted(t *testing.T, p *process, recorded *testnet.Tap, sees view) expectation {
	t.Helper()
	var want expectation
	eventually(t, func() error {
		want = expectationOf(recorded.Frames(), sees)
		flows, totals := countedFlows(p), countedTotals(p)
		if !maps.Equal(flows, want.flows) {
			return fmt.Errorf("flow table:\ngot  %+v\nwant %+v", flows, want.flows)
		}
		if !maps.Equal(totals, want.totals) {
			return fmt.Errorf("totals:\ngot  %+v\nwant %+v", totals, want.totals)
		}
		return nil
	})
	return want
}

func directionOf(f testnet.Frame) string {
	if f.Outgoing {
		return "egress"
	}
	return "ingress"
}

// seesFrame is the view of a hook that sees frames as the tap does, with the tag beside them.
func seesFrame(f testnet.Frame) (direction string, packet reference.Packet, bytes int, ok bool) {
	var tags []uint16
	if f.Tagged {
		tags = append(tags, f.Tag)
	}
	return directionOf(f), reference.Ethernet(f.Data, tags...), len(f.Data), true
}
