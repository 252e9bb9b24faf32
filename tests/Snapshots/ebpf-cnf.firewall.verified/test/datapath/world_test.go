// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"

	"example.com/my-cnf/internal/firewall"
)

// world makes random rules, and random packets that are likely to meet them: both take their addresses and
// ports from the same small sets, and from their edges.
type world struct {
	*rand.Rand
	addresses []netip.Addr
	ports     []uint16
}

func newWorld(random *rand.Rand) *world {
	w := &world{Rand: random}
	for range 4 + random.IntN(60) {
		w.addresses = append(w.addresses, w.address())
	}
	for range 1 + random.IntN(20) {
		w.ports = append(w.ports, uint16(random.Uint32()))
	}
	w.ports = append(w.ports, 0, 65535, 8<<8, 128<<8, 3<<8|4)
	return w
}

// address is close to another one as often as not.
func (w *world) address() netip.Addr {
	bytes := make([]byte, []int{4, 16}[w.IntN(2)])
	binary.NativeEndian.PutUint32(bytes, w.Uint32())
	if len(bytes) == 16 {
		bytes[0] = 0x20
		binary.NativeEndian.PutUint64(bytes[8:], w.Uint64())
	}
	addr, _ := netip.AddrFromSlice(bytes)
	if len(w.addresses) == 0 || w.IntN(2) == 0 {
		return addr
	}
	near := pick(w, w.addresses).AsSlice()
	bit := w.IntN(8 * len(near))
	near[bit/8] ^= 0x80 >> (bit % 8)
	addr, _ = netip.AddrFromSlice(near)
	return addr
}

func pick[T any](w *world, list []T) T { return list[w.IntN(len(list))] }

// some returns a list that is empty as often as not.
func some[T any](w *world, most int, one func() T) (list []T) {
	if w.IntN(2) == 0 {
		return nil
	}
	for range 1 + w.IntN(most) {
		list = append(list, one())
	}
	return list
}

var ruleCounts = []int{0, 1, 2, 3, 10, 63, 64, 65, 200, 1024}

func (w *world) policy() *firewall.Policy {
	policy := &firewall.Policy{Default: w.action()}
	for range pick(w, ruleCounts) {
		policy.Rules = append(policy.Rules, w.rule())
	}
	return policy
}

func (w *world) action() firewall.Action { return firewall.Action(w.IntN(2)) }

func (w *world) rule() firewall.Rule {
	prefix := func() netip.Prefix {
		addr := pick(w, w.addresses)
		bits := addr.BitLen()
		if w.IntN(2) == 0 {
			bits = w.IntN(bits + 1)
		}
		return netip.PrefixFrom(addr, bits).Masked()
	}
	ports := func() firewall.PortRange {
		first, last := pick(w, w.ports), pick(w, w.ports)
		if w.IntN(2) == 0 {
			last = first
		}
		return firewall.PortRange{First: min(first, last), Last: max(first, last)}
	}
	rule := firewall.Rule{
		Action:       w.action(),
		Directions:   some(w, 1, func() firewall.Direction { return firewall.Direction(w.IntN(2)) }),
		Sources:      some(w, 5, prefix),
		Destinations: some(w, 5, prefix),
	}
	switch w.IntN(4) {
	case 0:
		rule.Protocols = []uint8{[]uint8{1, 58}[w.IntN(2)]}
		rule.ICMPTypes = some(w, 3, ports)
	case 1:
		rule.Protocols = some(w, 2, func() uint8 { return pick(w, protocolNumbers) })
		rule.Fragments = w.IntN(2) == 0
	default:
		rule.Protocols = []uint8{pick(w, []uint8{6, 17, 132})}
		rule.SourcePorts = some(w, 3, ports)
		rule.DestinationPorts = some(w, 3, ports)
	}
	return rule
}

var protocolNumbers = []uint8{1, 6, 17, 58, 132, 47}

// packet makes a packet, which half of the time is built to match some rule in most respects.
func (w *world) packet(policy *firewall.Policy, direction string) firewall.Packet {
	port := func() uint16 { return pick(w, w.ports) + uint16(w.IntN(3)) - 1 }
	packet := firewall.Packet{
		Direction:       map[string]firewall.Direction{"ingress": firewall.Ingress, "egress": firewall.Egress}[direction],
		Protocol:        pick(w, protocolNumbers),
		Source:          pick(w, w.addresses),
		SourcePort:      port(),
		DestinationPort: port(),
		LaterFragment:   w.IntN(8) == 0,
	}
	for packet.Destination = pick(w, w.addresses); packet.Destination.BitLen() != packet.Source.BitLen(); {
		packet.Destination = w.address()
	}
	if len(policy.Rules) > 0 && w.IntN(2) == 0 {
		w.aim(&packet, pick(w, policy.Rules))
	}
	switch packet.Protocol {
	case 1, 58:
		packet.SourcePort = 0
	case 47:
		packet.SourcePort, packet.DestinationPort = 0, 0
	}
	if packet.LaterFragment {
		packet.SourcePort, packet.DestinationPort = 0, 0
	}
	return packet
}

func (w *world) aim(packet *firewall.Packet, rule firewall.Rule) {
	if len(rule.Protocols) > 0 {
		packet.Protocol = pick(w, rule.Protocols)
	}
	packet.LaterFragment = rule.Fragments
	for _, aim := range []struct {
		at   *uint16
		from []firewall.PortRange
	}{{&packet.SourcePort, rule.SourcePorts}, {&packet.DestinationPort, append(rule.DestinationPorts, rule.ICMPTypes...)}} {
		if len(aim.from) > 0 {
			r := pick(w, aim.from)
			*aim.at = r.First + uint16(w.IntN(int(r.Last-r.First)+1))
		}
	}
	inside := func(prefix netip.Prefix) netip.Addr {
		random := w.address()
		for random.BitLen() != prefix.Addr().BitLen() {
			random = w.address()
		}
		bytes, base := random.AsSlice(), prefix.Addr().AsSlice()
		for bit := range prefix.Bits() {
			bytes[bit/8] = bytes[bit/8]&^(0x80>>(bit%8)) | base[bit/8]&(0x80>>(bit%8))
		}
		addr, _ := netip.AddrFromSlice(bytes)
		return addr
	}
	if len(rule.Sources) > 0 {
		packet.Source = inside(pick(w, rule.Sources))
	}
	if len(rule.Destinations) > 0 {
		packet.Destination = inside(pick(w, rule.Destinations))
	}
	for packet.Destination.BitLen() != packet.Source.BitLen() {
		packet.Destination = w.address()
	}
}
