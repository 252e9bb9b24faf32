// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"encoding/binary"

	"github.com/gopacket/gopacket/layers"

	"example.com/cnf-template/test/reference"
)

// Offsets in an untagged frame.
const (
	offsetIP  = 14
	offsetL44 = offsetIP + 20
	offsetL46 = offsetIP + 40
)

func fixtures() []fixture {
	var all []fixture
	all = append(all, protocols()...)
	all = append(all, vlans()...)
	all = append(all, options()...)
	all = append(all, extensions()...)
	all = append(all, fragments()...)
	all = append(all, malformed()...)
	return all
}

var (
	tcp4 = ip4(layers.IPProtocolTCP, tcp(ipv4(0), plain), payload(20))
	tcp6 = ip6(layers.IPProtocolTCP, tcp(ipv6(0), plain), payload(20))
	udp4 = ip4(layers.IPProtocolUDP, udp(ipv4(0)), payload(20))
	udp6 = ip6(layers.IPProtocolUDP, udp(ipv6(0)), payload(20))
)

func protocols() []fixture {
	echo4 := &layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(3, 4), Id: 1, Seq: 1}
	echo6 := &layers.ICMPv6{TypeCode: layers.CreateICMPv6TypeCode(128, 0)}
	check(echo6.SetNetworkLayerForChecksum(ipv6(0)))
	sctp := &layers.SCTP{SrcPort: 36412, DstPort: 38412, VerificationTag: 9}
	return []fixture{
		{"IPv4 TCP", tcp4, reference.None},
		{"IPv6 TCP", tcp6, reference.None},
		{"IPv4 UDP", udp4, reference.None},
		{"IPv6 UDP", udp6, reference.None},
		{"IPv4 SCTP", ip4(layers.IPProtocolSCTP, sctp, payload(20)), reference.None},
		{"IPv6 SCTP", ip6(layers.IPProtocolSCTP, sctp, payload(20)), reference.None},
		{"ICMP", ip4(layers.IPProtocolICMPv4, echo4, payload(20)), reference.None},
		{"ICMPv6", ip6(layers.IPProtocolICMPv6, echo6, payload(24)), reference.None},
		{"ICMP of four bytes", ip4(layers.IPProtocolICMPv4, raw(8, 0, 0, 0)), reference.None},
		{"IPv4 GRE", ip4(layers.IPProtocolGRE, payload(20)), reference.None},
		{"IPv6 ESP", ip6(layers.IPProtocolESP, payload(20)), reference.None},
		{"IPv4 unknown protocol without payload", ip4(253), reference.None},
		{"IPv6 no next header", ip6(layers.IPProtocolNoNextHeader), reference.None},
		{"IPv4 UDP without payload", ip4(layers.IPProtocolUDP, udp(ipv4(0))), reference.None},
		{"TCP SYN", ip4(layers.IPProtocolTCP, tcp(ipv4(0), func(h *layers.TCP) { h.SYN, h.ACK = true, false })), reference.None},
		{"TCP FIN", ip6(layers.IPProtocolTCP, tcp(ipv6(0), func(h *layers.TCP) { h.FIN = true })), reference.None},
		{"TCP RST", ip4(layers.IPProtocolTCP, tcp(ipv4(0), func(h *layers.TCP) { h.RST = true })), reference.None},
		{"TCP every flag", ip4(layers.IPProtocolTCP, tcp(ipv4(0), func(h *layers.TCP) {
			h.FIN, h.SYN, h.RST, h.PSH, h.URG, h.ECE, h.CWR, h.NS = true, true, true, true, true, true, true, true
		})), reference.None},
		{"TCP without flags", ip4(layers.IPProtocolTCP, tcp(ipv4(0), func(h *layers.TCP) { h.ACK = false })), reference.None},
		{"ARP", build(ethernet(layers.EthernetTypeARP), payload(40)), reference.NotIP},
		{"LLDP", build(ethernet(layers.EthernetTypeLinkLayerDiscovery), payload(40)), reference.NotIP},
		{"802.3 with LLC", build(ethernet(0x0020), payload(40)), reference.NotIP},
		{"Ethernet header only", build(ethernet(0x88b5)), reference.NotIP},
	}
}

func vlans() []fixture {
	const dot1q, qinq = layers.EthernetTypeDot1Q, layers.EthernetTypeQinQ
	outer := changed(tagged([]part{tag(200, dot1q)}, udp4), 12, 0x88, 0xa8)
	arp := build(ethernet(layers.EthernetTypeARP), payload(40))
	return []fixture{
		{"VLAN IPv4", tagged(nil, tcp4), reference.None},
		{"VLAN IPv6", tagged(nil, udp6), reference.None},
		{"priority tag", changed(tagged(nil, tcp4), 14, 0xe0, 0), reference.None},
		{"highest VLAN", changed(tagged(nil, tcp4), 14, 0xff, 0xff), reference.None},
		{"QinQ", outer, reference.None},
		{"two 802.1Q tags", tagged([]part{tag(200, dot1q)}, tcp6), reference.None},
		{"three tags", tagged([]part{tag(300, qinq), tag(200, dot1q)}, tcp4), reference.VLANDepth},
		{"VLAN ARP", tagged(nil, arp), reference.NotIP},
		{"tag cut off", outer[:17], reference.Truncated},
		{"inner tag cut off", outer[:20], reference.Truncated},
	}
}

func options() []fixture {
	withOptions := func(option ...layers.IPv4Option) []byte {
		ip := ipv4(layers.IPProtocolUDP)
		ip.Options = option
		return build(ethernet(layers.EthernetTypeIPv4), ip, udp(ip), payload(20))
	}
	alert := layers.IPv4Option{OptionType: 148, OptionLength: 4, OptionData: []byte{0, 0}}
	full := layers.IPv4Option{OptionType: 7, OptionLength: 40, OptionData: make([]byte, 38)}
	timestamps := func(h *layers.TCP) {
		h.Options = []layers.TCPOption{{OptionType: layers.TCPOptionKindTimestamps, OptionLength: 10, OptionData: make([]byte, 8)}}
	}
	garbage := changed(withOptions(full), offsetIP+20, 7, 255, 131, 0)
	padded := append(ip4(layers.IPProtocolUDP, udp(ipv4(0)), payload(2)), make([]byte, 16)...)
	return []fixture{
		{"IPv4 router alert", withOptions(alert), reference.None},
		{"IPv4 options of 40 bytes", withOptions(full), reference.None},
		{"IPv4 options that make no sense", garbage, reference.None},
		{"TCP options", ip4(layers.IPProtocolTCP, tcp(ipv4(0), timestamps), payload(20)), reference.None},
		{"Ethernet padding", padded, reference.None},
		{"header that reaches into the padding", changed(padded, offsetIP+2, 0, 27), reference.Truncated},
		{"UDP that reaches into the padding", changed(padded, offsetL44+4, 0, 12), reference.BadLength},
	}
}

// malformed are packets whose fields contradict each other or the packet.
func malformed() []fixture {
	length := func(frame []byte, offset, change int) []byte {
		old := binary.BigEndian.Uint16(frame[offset:])
		return changed(frame, offset, binary.BigEndian.AppendUint16(nil, uint16(int(old)+change))...)
	}
	return []fixture{
		{"IPv4 header length of 4", changed(tcp4, offsetIP, 0x44), reference.BadIPv4Header},
		{"IPv4 header length of 0", changed(tcp4, offsetIP, 0x40), reference.BadIPv4Header},
		{"IPv4 header longer than the packet", changed(ip4(253), offsetIP, 0x4f), reference.BadIPv4Header},
		{"IPv4 type with version 6", changed(tcp4, offsetIP, 0x65), reference.BadIPv4Header},
		{"IPv4 total length of 0", changed(tcp4, offsetIP+2, 0, 0), reference.BadIPv4Header},
		{"IPv4 total length of 19", changed(tcp4, offsetIP+2, 0, 19), reference.BadIPv4Header},
		{"IPv4 total length one too large", length(tcp4, offsetIP+2, 1), reference.BadLength},
		{"IPv4 total length of 65535", changed(tcp4, offsetIP+2, 255, 255), reference.BadLength},
		{"IPv4 total length ends in TCP", changed(tcp4, offsetIP+2, 0, 39), reference.Truncated},
		{"IPv6 type with version 4", changed(tcp6, offsetIP, 0x40), reference.BadIPv6Header},
		{"IPv6 payload length one too large", length(tcp6, offsetIP+4, 1), reference.BadLength},
		{"IPv6 payload length of 65535", changed(tcp6, offsetIP+4, 255, 255), reference.BadLength},
		{"IPv6 payload length of 0", changed(tcp6, offsetIP+4, 0, 0), reference.Truncated},
		{"TCP data offset of 4", changed(tcp4, offsetL44+12, 0x40), reference.BadTCPHeader},
		{"TCP data offset of 0", changed(tcp6, offsetL46+12, 0x00), reference.BadTCPHeader},
		{"TCP options behind the end", changed(tcp4, offsetL44+12, 0xf0), reference.BadTCPHeader},
		{"UDP length of 7", changed(udp4, offsetL44+4, 0, 7), reference.BadLength},
		{"UDP length of 0", changed(udp4, offsetL44+4, 0, 0), reference.BadLength},
		{"UDP length one too large", length(udp6, offsetL46+4, 1), reference.BadLength},
		{"UDP length shorter than the packet", length(udp6, offsetL46+4, -5), reference.None},
	}
}
