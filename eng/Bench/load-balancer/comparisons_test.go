// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"net/netip"
	"testing"

	"github.com/cilium/ebpf"
)

var comparisons = []comparison{
	besideLRU("ipip, room for 65,536", 1<<17),
	besideLRU("ipip, room for 1,048,576", 1<<21),
}

func besideLRU(costCase string, room uint32) comparison {
	return comparison{
		costCase: costCase, peer: "LRU hash, ring and ktime", object: "load-balancer", room: room,
		fill: textbookBackends, expect: expectEncapsulation,
	}
}

const costBackends = 10

// textbookBackends gives the peer the backends of costArgs, one after the other on its ring.
func textbookBackends(t *testing.T, maps map[string]*ebpf.Map) {
	t.Helper()
	for i := range uint32(costBackends) {
		must(t, maps["backends"].Put(i, [4]byte{10, 77, 0, byte(10 + i)}))
	}
	for place := range maps["ring"].MaxEntries() {
		must(t, maps["ring"].Put(place, place%costBackends))
	}
}

// expectEncapsulation checks where packets go: with enough of them, to every backend.
func expectEncapsulation(t *testing.T, m match) {
	t.Helper()
	for who, program := range map[string]*ebpf.Program{"the CNF": m.ours, "the peer": m.theirs} {
		generator := newGenerator(t, m.bench, program, costFrame(), 1<<10)
		seen := map[netip.Addr]bool{}
		for range 1 << 10 {
			packet := generator.packet(t)
			if len(packet) != len(costFrame())+20 || packet[ethernetSize+9] != 4 {
				t.Fatalf("%s made % x, want IP in IP", who, packet)
			}
			seen[netip.AddrFrom4([4]byte(packet[ethernetSize+16:]))] = true
		}
		for i := range costBackends {
			if backend := netip.AddrFrom4([4]byte{10, 77, 0, byte(10 + i)}); !seen[backend] {
				t.Errorf("%s sent nothing to %s", who, backend)
			}
		}
		if len(seen) != costBackends {
			t.Errorf("%s sent to %d backends, want %d", who, len(seen), costBackends)
		}
	}
}

// packet generates one packet, and returns what the program under test made of it.
func (g *generator) packet(t *testing.T) []byte {
	t.Helper()
	options := g.options(t, 1)
	options.DataOut = make([]byte, 256)
	must(t, g.from.Outside().Do(func() error {
		_, err := g.Run(options)
		return err
	}))
	return options.DataOut
}
