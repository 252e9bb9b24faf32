// SPDX-License-Identifier: Apache-2.0

package balancer

import (
	"fmt"
	"maps"
	"net/netip"
	"testing"
)

func endpoints(count int) []Endpoint {
	list := make([]Endpoint, count)
	for i := range list {
		list[i] = Endpoint{netip.AddrFrom4([4]byte{203, 0, 113, byte(i / 4)}), uint16(80 + i%2), []Protocol{TCP, UDP}[i/2%2]}
	}
	return list
}

func TestServicesFindSlotsOfTheirOwn(t *testing.T) {
	for _, test := range []struct{ count, bits int }{{1, 10}, {64, 12}, {256, 16}, {1024, 20}} {
		for half := range uint64(2) {
			list := endpoints(test.count)
			generation, found := Generation(list, half, test.bits)
			if !found || generation&1 != half || generation>>1 == 0 {
				t.Fatalf("%d services: generation %#x, found %t", test.count, generation, found)
			}
			if taken := slotsOf(list, generation, test.bits); len(taken) != test.count {
				t.Errorf("%d services have %d slots", test.count, len(taken))
			}
		}
	}
	if _, found := Generation(append(endpoints(3), endpoints(1)...), 0, 10); found {
		t.Error("one endpoint has two slots")
	}
}

// Clients that differ in port or address only are spread as evenly as chance would.
func TestFlowsAreSpreadEvenly(t *testing.T) {
	const flows, bins = 1 << 16, 256
	service := netip.MustParseAddrPort("203.0.113.10:443")
	for name, source := range map[string]func(i int) netip.AddrPort{
		"ports": func(i int) netip.AddrPort { return netip.AddrPortFrom(netip.MustParseAddr("198.51.100.1"), uint16(i)) },
		"IPv4 addresses": func(i int) netip.AddrPort {
			return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), 40000)
		},
		"IPv6 addresses": func(i int) netip.AddrPort {
			return netip.AddrPortFrom(netip.MustParseAddr(fmt.Sprintf("2001:db8:%x::1", i)), 40000)
		},
	} {
		counts, hashes := make([]int, bins), map[uint64]bool{}
		for i := range flows {
			flow := Flow{source(i), service, TCP}
			counts[flow.Place(bins)]++
			hashes[flow.Hash()] = true
		}
		chi := 0.0
		for _, count := range counts {
			const want = flows / bins
			chi += float64((count-want)*(count-want)) / want
		}
		// With 255 degrees of freedom, chance exceeds this once in 100,000 trials.
		if chi > 360 {
			t.Errorf("%s: chi-square is %.0f", name, chi)
		}
		if len(hashes) != flows {
			t.Errorf("%s: %d flows have %d hashes", name, flows, len(hashes))
		}
	}
}

func TestNumbersStay(t *testing.T) {
	identity := func(i int) Identity {
		return Identity{endpoints(1)[0], netip.AddrFrom4([4]byte{10, 0, 0, byte(i)})}
	}
	numbers := Numbers{Of: map[Identity]int{}, Limit: 5}
	assign := func(wanted ...Identity) map[Identity]int {
		t.Helper()
		next, err := numbers.Assign(wanted)
		if err != nil {
			t.Fatal(err)
		}
		numbers = next
		return numbers.Of
	}
	for _, step := range []struct{ got, want map[Identity]int }{
		{assign(identity(1), identity(2)), map[Identity]int{identity(1): 1, identity(2): 2}},
		{assign(identity(2), identity(3)), map[Identity]int{identity(2): 2, identity(3): 3}},
		// Number 1 is free for longest, but 4 was never given.
		{assign(identity(4), identity(2)), map[Identity]int{identity(2): 2, identity(4): 4}},
		{assign(identity(5), identity(2), identity(4)), map[Identity]int{identity(2): 2, identity(4): 4, identity(5): 1}},
	} {
		if !maps.Equal(step.got, step.want) {
			t.Errorf("got %v, want %v", step.got, step.want)
		}
	}
	if _, err := numbers.Assign([]Identity{identity(1), identity(2), identity(3), identity(4), identity(5)}); err == nil {
		t.Error("there is a number for more than there is room for")
	}
}
