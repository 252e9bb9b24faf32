// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"github.com/gopacket/gopacket/layers"

	"example.com/my-cnf/internal/balancer"
)

// icmpError is a complaint about a packet from an endpoint to a client, from somebody underway.
func icmpError(from netip.AddrPort, about balancer.Endpoint, kind, code byte) []byte {
	ports := binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(nil, about.Port), from.Port())
	quoted := append(ports, 0, 0, 0, 0)
	service, source := about.Address.AsSlice(), from.Addr().AsSlice()
	if about.Address.Is4() {
		quoted = slices.Concat([]byte{0x45, 0, 5, 0xdc, 0, 1, 0x40, 0, 60, byte(about.Protocol), 0, 0}, service, source, quoted)
		ip := &layers.IPv4{Version: 4, TTL: 60, Protocol: layers.IPProtocolICMPv4, SrcIP: client4, DstIP: service}
		return build(ethernet(layers.EthernetTypeIPv4), ip, raw(kind, code, 0, 0, 0, 0, 5, 0), raw(quoted...))
	}
	quoted = slices.Concat([]byte{0x60, 0, 0, 0, 5, 0xb4, byte(about.Protocol), 60}, service, source, quoted)
	ip := &layers.IPv6{Version: 6, HopLimit: 60, NextHeader: layers.IPProtocolICMPv6, SrcIP: client6, DstIP: service}
	return build(ethernet(layers.EthernetTypeIPv6), ip, raw(kind, code, 0, 0, 0, 0, 5, 0), raw(quoted...))
}

// An ICMP error goes to the backend of the flow it speaks of, known or not, and is not taken for one of its packets.
func TestICMPErrorsGoToTheBackendOfTheirFlow(t *testing.T) {
	types := map[balancer.Endpoint][][2]byte{
		web4: {{3, 4}, {3, 1}, {11, 0}, {12, 0}}, dns4: {{3, 3}},
		web6: {{1, 0}, {2, 0}, {3, 0}, {4, 1}}, dns6: {{2, 0}},
	}
	balancing(t, func(t *testing.T, b *lb) {
		for to, kinds := range types {
			source := client
			if to.Address.Is6() {
				source = clientOfIPv6
			}
			before := service{to, l2(1, 2, 3)}
			b.install(before)
			was := map[int]int{}
			for i := range 50 {
				was[i], _ = b.send(packet(source(i), to, plain))
			}
			b.install(service{to, l2(1, 2, 3, 40)})
			for i := range 50 {
				kind := kinds[i%len(kinds)]
				what := fmt.Sprintf("ICMP %d/%d about %s", kind[0], kind[1], to)
				b.expect(what, icmpError(source(i), to, kind[0], kind[1]), was[i])
			}
			ring := service{to, l2(1, 2, 3, 40)}.ring()
			for i := range 50 {
				flow := flowOf(source(1000+i), to)
				b.expect("about an unknown flow", icmpError(source(1000+i), to, kinds[0][0], kinds[0][1]), ring[flow.Place(ringSize)])
				if _, _, index := b.place(flow); index != 0 {
					t.Error("an error is remembered as a flow")
				}
			}
		}
	})
}

// Echo requests, errors about others, and errors that are cut off pass.
func TestOtherICMPPasses(t *testing.T) {
	balancing(t, func(t *testing.T, b *lb) {
		b.install(service{web4, l2(1)}, service{web6, l2(2)})
		for name, frame := range map[string][]byte{
			"an echo request":          icmpError(client(1), web4, 8, 0),
			"a redirect":               icmpError(client(1), web4, 5, 1),
			"an ICMPv6 echo request":   icmpError(clientOfIPv6(1), web6, 128, 0),
			"neighbour discovery":      icmpError(clientOfIPv6(1), web6, 135, 0),
			"an error about UDP":       icmpError(client(1), dns4, 3, 4),
			"an IPv6 error about UDP":  icmpError(clientOfIPv6(1), dns6, 2, 0),
			"an error about ICMP":      changed(icmpError(client(1), web4, 3, 4), offsetL44+8+9, 1),
			"an error about a later":   changed(icmpError(client(1), web4, 3, 4), offsetL44+8+6, 0x20, 5),
			"a quote of another type":  changed(icmpError(client(1), web4, 3, 4), offsetL44+8, 0x65),
			"a quote of short options": changed(icmpError(client(1), web4, 3, 4), offsetL44+8, 0x44),
		} {
			b.expect(name, frame, 0)
		}
		whole := icmpError(client(1), web4, 3, 4)
		b.expect("a whole error", whole, 1)
		for size := offsetL44 + 8; size < offsetL44+8+20+4; size++ {
			b.expect(fmt.Sprintf("an error of %d bytes", size), fitted(whole, size), 0)
		}
	})
}
