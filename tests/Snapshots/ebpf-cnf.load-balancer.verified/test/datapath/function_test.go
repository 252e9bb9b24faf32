// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"net/netip"
	"testing"

	"example.com/my-cnf/internal/balancer"
)

var (
	web4 = balancer.Endpoint{Address: netip.MustParseAddr("203.0.113.10"), Port: 443, Protocol: balancer.TCP}
	web6 = balancer.Endpoint{Address: netip.MustParseAddr("2001:db8:1::10"), Port: 443, Protocol: balancer.TCP}
	dns4 = balancer.Endpoint{Address: netip.MustParseAddr("203.0.113.10"), Port: 53, Protocol: balancer.UDP}
	dns6 = balancer.Endpoint{Address: netip.MustParseAddr("2001:db8:1::10"), Port: 53, Protocol: balancer.UDP}
)

func l2(numbers ...int) []backend {
	var list []backend
	for _, number := range numbers {
		list = append(list, backend{number: number, weight: number})
	}
	return list
}

// Every flow goes where the plain reading of hash and ring says, over IPv4 and IPv6, for both halves of the tables.
func TestFlowsGoWhereTheRingSays(t *testing.T) {
	balancing(t, func(t *testing.T, b *lb) {
		services := []service{{web4, l2(1, 2, 3)}, {web6, l2(4, 5)}, {dns4, l2(6, 7, 8, 9)}, {dns6, l2(10)}}
		for round := range 2 {
			b.install(services...)
			for _, s := range services {
				ring := s.ring()
				for i := range 500 {
					from := client(500*round + i)
					if s.Address.Is6() {
						from = clientOfIPv6(500*round + i)
					}
					flow := balancer.Flow{Source: from, Destination: netip.AddrPortFrom(s.Address, s.Port), Protocol: s.Protocol}
					b.expect(flow.Source.String(), packet(from, s.Endpoint, plain), ring[flow.Place(ringSize)])
				}
			}
		}
	})
}

// What is for nobody's endpoint passes as it was, and so does what does not tell its ports.
func TestOtherPacketsPass(t *testing.T) {
	balancing(t, func(t *testing.T, b *lb) {
		b.expect("without services", packet(client(1), web4, plain), 0)
		b.install(service{web4, l2(1)}, service{web6, l2(2)})
		change := func(e balancer.Endpoint, change func(*balancer.Endpoint)) balancer.Endpoint {
			change(&e)
			return e
		}
		for name, to := range map[string]balancer.Endpoint{
			"port":     change(web4, func(e *balancer.Endpoint) { e.Port++ }),
			"protocol": change(web4, func(e *balancer.Endpoint) { e.Protocol = balancer.UDP }),
			"IPv4":     change(web4, func(e *balancer.Endpoint) { e.Address = e.Address.Next() }),
			"IPv6":     change(web6, func(e *balancer.Endpoint) { e.Address = e.Address.Next() }),
			"prefix":   change(web6, func(e *balancer.Endpoint) { e.Address = netip.MustParseAddr("2001:db8:2::10") }),
		} {
			from := client(1)
			if to.Address.Is6() {
				from = clientOfIPv6(1)
			}
			b.expect("another "+name, packet(from, to, plain), 0)
		}
		fragment := packet(client(1), dns4, plain)
		b.install(service{dns4, l2(1)})
		b.expect("a whole datagram", fragment, 1)
		b.expect("a first fragment", changed(fragment, offsetIP+6, 0x20, 0), 0)
		b.expect("a later fragment", changed(fragment, offsetIP+6, 0x20, 2), 0)
		for _, f := range fixtures() {
			b.expect(f.name, f.frame, 0)
		}
	})
}

// A service that nobody serves takes no packet to anybody else.
func TestServiceWithoutBackendDrops(t *testing.T) {
	balancing(t, func(t *testing.T, b *lb) {
		b.install(service{web4, nil}, service{dns4, l2(1)})
		start := clock()
		for i := range 10 {
			b.expect("without backend", packet(client(i), web4, plain), -1)
		}
		got := b.take(t, start)
		if n := got.totals[totalKey{b.e.direction, "drop", "no_backend"}].packets; n != 10 || len(got.totals) != 1 {
			t.Errorf("totals %+v, want 10 drops", got.totals)
		}
	})
}
