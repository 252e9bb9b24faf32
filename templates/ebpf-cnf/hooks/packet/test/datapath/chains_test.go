// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"fmt"

	"github.com/gopacket/gopacket/layers"

	"example.com/cnf-template/test/reference"
)

// extension writes an IPv6 extension header: the protocol that follows, and a length
// in units of eight bytes beyond the first eight.
func extension(next layers.IPProtocol, more int) part {
	return raw(append([]byte{byte(next), byte(more), 1, byte(4 + 8*more)}, make([]byte, 4+8*more)...)...)
}

// authentication counts its length in units of four bytes.
func authentication(next layers.IPProtocol) part {
	return raw(append([]byte{byte(next), 4}, make([]byte, 22)...)...)
}

func fragmentOf(next layers.IPProtocol, offset uint16, more bool) part {
	bits := offset << 3
	if more {
		bits |= 1
	}
	return raw(byte(next), 0, byte(bits>>8), byte(bits), 0, 0, 0, 9)
}

const (
	hop         = layers.IPProtocolIPv6HopByHop
	routing     = layers.IPProtocolIPv6Routing
	fragmenting = layers.IPProtocolIPv6Fragment
	destination = layers.IPProtocolIPv6Destination
)

func extensions() []fixture {
	last := udp(ipv6(0))
	chain := func(count int) []byte {
		var parts []part
		for i := range count {
			next := destination
			if i == count-1 {
				next = layers.IPProtocolUDP
			}
			parts = append(parts, extension(next, 0))
		}
		return ip6(destination, append(parts, last, payload(8))...)
	}
	fixtures := []fixture{
		{"IPv6 authentication header", ip6(layers.IPProtocolAH, authentication(layers.IPProtocolUDP), last), reference.None},
		{"IPv6 hop-by-hop, routing, destination", ip6(hop, extension(routing, 1), extension(destination, 2),
			extension(layers.IPProtocolUDP, 3), last, payload(8)), reference.None},
		{"IPv6 chain of eight", chain(8), reference.None},
		{"IPv6 chain of nine", chain(9), reference.ExtHeaders},
		{"IPv6 chain that ends in nothing", ip6(hop, extension(layers.IPProtocolNoNextHeader, 0)), reference.None},
		{"IPv6 extension cut off", ip6(hop, raw(17, 0, 1, 4)), reference.Truncated},
		{"IPv6 extension longer than the packet", ip6(hop, raw(17, 9, 1, 4, 0, 0, 0, 0), last), reference.Truncated},
		{"IPv6 longest extension", ip6(hop, extension(layers.IPProtocolUDP, 100), last), reference.None},
	}
	for _, protocol := range []layers.IPProtocol{hop, routing, destination, 135, 139, 140} {
		name := fmt.Sprintf("IPv6 extension %d", protocol)
		fixtures = append(fixtures, fixture{name, ip6(protocol, extension(layers.IPProtocolUDP, 0), last), reference.None})
	}
	return fixtures
}

func fragments() []fixture {
	fragment4 := func(protocol layers.IPProtocol, offset uint16, flags layers.IPv4Flag, parts ...part) []byte {
		ip := ipv4(protocol)
		ip.FragOffset, ip.Flags = offset, flags
		return build(append([]part{ethernet(layers.EthernetTypeIPv4), ip}, parts...)...)
	}
	const more = layers.IPv4MoreFragments
	longer := udp(ipv4(0))
	udpOfMore := changed(fragment4(layers.IPProtocolUDP, 0, more, longer, payload(16)), offsetL44+4, 0x05, 0xdc)
	options := changed(fragment4(layers.IPProtocolTCP, 0, more, tcp(ipv4(0), plain)), offsetL44+12, 0xf0)
	return []fixture{
		{"IPv4 first fragment", udpOfMore, reference.None},
		{"IPv4 first fragment with a UDP length of 7", changed(udpOfMore, offsetL44+4, 0, 7), reference.BadLength},
		{"IPv4 middle fragment", fragment4(layers.IPProtocolUDP, 2, more, payload(16)), reference.None},
		{"IPv4 last fragment", fragment4(layers.IPProtocolTCP, 185, 0, payload(3)), reference.None},
		{"IPv4 don't fragment", fragment4(layers.IPProtocolUDP, 0, layers.IPv4DontFragment, longer), reference.None},
		{"IPv4 evil bit", fragment4(layers.IPProtocolUDP, 0, layers.IPv4EvilBit, longer), reference.None},
		{"IPv4 first fragment without the TCP options", options, reference.None},
		{"IPv4 first fragment without the TCP header", fragment4(layers.IPProtocolTCP, 0, more, payload(8)), reference.Truncated},
		{"IPv6 first fragment", changed(ip6(fragmenting, fragmentOf(layers.IPProtocolUDP, 0, true), udp(ipv6(0)), payload(16)),
			offsetL46+8+4, 0x05, 0xdc), reference.None},
		{"IPv6 later fragment", ip6(fragmenting, fragmentOf(layers.IPProtocolTCP, 181, true), payload(16)), reference.None},
		{"IPv6 last fragment", ip6(fragmenting, fragmentOf(layers.IPProtocolTCP, 362, false), payload(2)), reference.None},
		{"IPv6 atomic fragment", ip6(fragmenting, fragmentOf(layers.IPProtocolTCP, 0, false), tcp(ipv6(0), plain)), reference.None},
		{"IPv6 atomic fragment with a lying length", changed(ip6(fragmenting, fragmentOf(layers.IPProtocolUDP, 0, false), udp(ipv6(0))),
			offsetL46+8+4, 0x05, 0xdc), reference.BadLength},
		{"IPv6 later fragment of an extension", ip6(hop, extension(fragmenting, 0), fragmentOf(destination, 5, true), payload(16)), reference.None},
		{"IPv6 fragment header cut off", ip6(fragmenting, raw(17, 0, 0, 1)), reference.Truncated},
	}
}
