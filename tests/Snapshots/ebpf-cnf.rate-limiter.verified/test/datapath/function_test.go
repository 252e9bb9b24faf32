// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"testing"

	"github.com/gopacket/gopacket/layers"

	"example.com/my-cnf/internal/limit"
	"example.com/my-cnf/test/reference"
)

func TestBurstPassesAndTheRestIsDropped(t *testing.T) {
	for _, e := range entries {
		t.Run(e.program, func(t *testing.T) {
			l := newLimiter(t, packets(5))
			if got := l.passed(t, e, udp4, 8); got != 5 {
				t.Errorf("%d of 8 packets passed, want 5", got)
			}
			totals := l.takeTotals(t)
			if got := totals[totalKey{e.direction, "pass", reference.None}].packets; got != 5 {
				t.Errorf("%d packets are counted as passed, want 5: %v", got, totals)
			}
			if got := totals[totalKey{e.direction, "drop", "rate_exceeded"}]; got.packets != 3 || got.bytes != uint64(3*e.length(e.input(udp4))) {
				t.Errorf("%+v is counted as dropped, want 3 packets: %v", got, totals)
			}
			l.advance(t, 2)
			if got := l.passed(t, e, udp4, 8); got != 2 {
				t.Errorf("%d of 8 packets passed for two tokens", got)
			}
			l.advance(t, 1000)
			if got := l.passed(t, e, udp4, 8); got != 5 {
				t.Errorf("%d of 8 packets passed after a long time, want a burst of 5", got)
			}
		})
	}
}

// A packet costs its length, and passes for the last token.
func TestBytes(t *testing.T) {
	e := entries[0]
	size := limit.Burst(e.length(e.input(udp4)))
	for burst, want := range map[limit.Burst]int{1: 1, size: 1, size + 1: 2, 3*size - 1: 3, 3 * size: 3} {
		l := newLimiter(t, func(l *limit.Limit) { l.Burst = burst })
		if got := l.passed(t, e, udp4, 8); got != want {
			t.Errorf("%d packets of %d bytes passed for %d bytes, want %d", got, size, burst, want)
		}
		l.advance(t, uint64(size))
		if got := l.passed(t, e, udp4, 8); got != 1 {
			t.Errorf("%d packets passed for the length of one, after a burst of %d", got, burst)
		}
	}
}

func TestWhoSharesABucket(t *testing.T) {
	prefixes := func(ipv4, ipv6 uint8) func(*limit.Limit) {
		return func(l *limit.Limit) { l.IPv4Prefix, l.IPv6Prefix = ipv4, ipv6 }
	}
	sameTCP := ip4(layers.IPProtocolTCP, tcp(ipv4(0), func(h *layers.TCP) { h.SrcPort, h.DstPort = 5353, 53 }), payload(20))
	per := func(per limit.Per) func(*limit.Limit) { return func(l *limit.Limit) { l.Per = per } }
	cases := []struct {
		name   string
		set    func(*limit.Limit)
		a, b   []byte
		shared bool
	}{
		{"one IPv4 source, two ports", prefixes(32, 64), from("192.0.2.1", 1), from("192.0.2.1", 2), true},
		{"two IPv4 sources", prefixes(32, 64), from("192.0.2.1", 1), from("192.0.2.2", 1), false},
		{"one /24", prefixes(24, 64), from("192.0.2.1", 1), from("192.0.2.255", 1), true},
		{"two /24", prefixes(24, 64), from("192.0.2.1", 1), from("192.0.3.1", 1), false},
		{"one /25", prefixes(25, 64), from("192.0.2.1", 1), from("192.0.2.127", 1), true},
		{"two /25", prefixes(25, 64), from("192.0.2.1", 1), from("192.0.2.128", 1), false},
		{"all of IPv4", prefixes(0, 64), from("192.0.2.1", 1), from("10.0.0.1", 1), true},
		{"one /64", prefixes(32, 64), from("2001:db8::1", 1), from("2001:db8::ffff:0:0:2", 1), true},
		{"two /64", prefixes(32, 64), from("2001:db8::1", 1), from("2001:db8:0:1::1", 1), false},
		{"one /48", prefixes(32, 48), from("2001:db8::1", 1), from("2001:db8:0:1::1", 1), true},
		{"two /128", prefixes(32, 128), from("2001:db8::1", 1), from("2001:db8::2", 1), false},
		{"one /127", prefixes(32, 127), from("2001:db8::2", 1), from("2001:db8::3", 1), true},
		{"all of IPv6", prefixes(32, 0), from("2001:db8::1", 1), from("fd00::1", 1), true},
		{"IPv4 and IPv6", prefixes(0, 0), from("192.0.2.1", 1), from("fd00::1", 1), false},
		{"one flow", per(limit.PerFlow), from("192.0.2.1", 1), from("192.0.2.1", 1), true},
		{"two ports", per(limit.PerFlow), from("192.0.2.1", 1), from("192.0.2.1", 2), false},
		{"two addresses", per(limit.PerFlow), from("2001:db8::1", 1), from("2001:db8::2", 1), false},
		{"two protocols", per(limit.PerFlow), udp4, sameTCP, false},
		{"one interface", per(limit.PerInterface), udp4, tcp6, true},
	}
	for _, e := range entries {
		t.Run(e.program, func(t *testing.T) {
			l := newLimiter(t, packets(3))
			for _, c := range cases {
				l.set(t, func(l *limit.Limit) {
					packets(3)(l)
					c.set(l)
				})
				l.advance(t, 3)
				want := map[bool]int{true: 0, false: 3}[c.shared]
				if a, b := l.passed(t, e, c.a, 5), l.passed(t, e, c.b, 5); a != 3 || b != want {
					t.Errorf("%s: %d and %d packets passed, want 3 and %d", c.name, a, b, want)
				}
			}
		})
	}
}

func TestDirectionsHaveTheirOwnBuckets(t *testing.T) {
	byDirection := map[string]entry{}
	for _, e := range entries {
		if _, ok := byDirection[e.direction]; !ok {
			byDirection[e.direction] = e
		}
	}
	l := newLimiter(t, packets(3))
	for _, e := range byDirection {
		if got := l.passed(t, e, udp4, 5); got != 3 {
			t.Errorf("%d packets passed at %s, want 3", got, e.direction)
		}
	}
}

// What finds neighbours passes in any case; what the parser objects to does not get around the limit.
func TestPacketsThatAreNoFlow(t *testing.T) {
	solicitation := ip6(layers.IPProtocolICMPv6, raw(135, 0, 0, 0), payload(20))
	advertisement := ip6(layers.IPProtocolICMPv6, raw(136, 0, 0, 0), payload(20))
	echo := ip6(layers.IPProtocolICMPv6, raw(128, 0, 0, 0), payload(20))
	arp := build(ethernet(layers.EthernetTypeARP), payload(40))
	for _, e := range entries {
		l := newLimiter(t, packets(2))
		for _, c := range []struct {
			name  string
			frame []byte
			want  int
		}{
			{"solicitation", solicitation, 6},
			{"echo", echo, 2},
			{"advertisement", advertisement, 6},
			{"ARP", arp, 6},
			{"bad length", changed(udp4, offsetL44+4, 0, 7), 2},
			{"good length", udp4, 0},
		} {
			if e.input(c.frame) == nil {
				continue
			}
			if got := l.passed(t, e, c.frame, 6); got != c.want {
				t.Errorf("%s, %s: %d of 6 packets passed, want %d", e.program, c.name, got, c.want)
			}
		}
	}
}

func TestOtherLimitKeepsTokens(t *testing.T) {
	e := entries[0]
	l := newLimiter(t, packets(10))
	expect := func(what string, want int) {
		t.Helper()
		if got := l.passed(t, e, udp4, 30); got != want {
			t.Errorf("%s: %d packets passed, want %d", what, got, want)
		}
	}
	l.passed(t, e, udp4, 4)
	l.set(t, packets(20))
	expect("a larger burst does not fill up", 6)
	l.set(t, packets(5))
	expect("a smaller burst forgives nothing", 0)
	l.advance(t, 3)
	expect("and owes nothing", 3)
	l.set(t, func(l *limit.Limit) { l.Rate, l.Burst = limit.Rate{PerSecond: 9}, 5 })
	expect("another rate does not fill up", 0)
	l.advance(t, 20)
	l.set(t, packets(3))
	expect("a smaller burst cuts off", 3)
	l.set(t, func(l *limit.Limit) { l.Per = limit.PerFlow; packets(4)(l) })
	expect("a flow's bucket is another", 4)
	l.set(t, func(l *limit.Limit) { l.Per = limit.PerFlow; l.Burst = 1 })
	expect("bytes are no packets", 1)
	l.set(t, func(l *limit.Limit) { l.Rate = limit.Rate{} })
	expect("no limit", 30)
}
