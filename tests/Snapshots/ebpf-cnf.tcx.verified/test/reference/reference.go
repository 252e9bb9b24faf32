// SPDX-License-Identifier: Apache-2.0

// Package reference says what a packet is, for tests of the parser in bpf/lib/parse.h.
// It shares nothing with that parser: headers are decoded by gopacket. Where
// gopacket is stricter or more lenient than a network function should be, the
// difference is named and evened out here.
package reference

import (
	"encoding/binary"
	"net/netip"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

// Reasons, named as in enum reason.
const (
	None          = "none"
	NotIP         = "not_ip"
	Truncated     = "truncated"
	BadIPv4Header = "bad_ipv4_header"
	BadIPv6Header = "bad_ipv6_header"
	BadTCPHeader  = "bad_tcp_header"
	BadLength     = "bad_length"
	ExtHeaders    = "ext_headers"
	VLANDepth     = "vlan_depth"
)

// Limits of the parser.
const (
	maxTags       = 2
	maxExtensions = 8
)

// Key is a flow's key without its direction.
type Key struct {
	Source, Destination         netip.Addr
	SourcePort, DestinationPort uint16
	VLAN                        uint16
	Protocol                    uint8
}

// Packet is what is known about a packet. The key counts only with reason None.
type Packet struct {
	Key      Key
	Reason   string
	TCPFlags uint8
}

type fragment int

const (
	whole fragment = iota
	first
	later
)

type decoder struct {
	packet   Packet
	fragment fragment
	tags     int
}

// Ethernet decodes a frame. A tag that travelled beside it comes before those in it.
func Ethernet(frame []byte, beside ...uint16) Packet {
	d := &decoder{}
	for _, tci := range beside {
		d.tag(tci)
	}
	d.packet.Reason = d.ethernet(frame)
	return d.packet
}

// IP decodes a packet that begins with its IP header.
func IP(packet []byte) Packet {
	d := &decoder{}
	d.packet.Reason = d.ip(packet)
	return d.packet
}

func (d *decoder) tag(tci uint16) {
	if d.tags == 0 {
		d.packet.Key.VLAN = tci & 0x0fff
	}
	d.tags++
}

func (d *decoder) ethernet(frame []byte) string {
	var ethernet layers.Ethernet
	if ethernet.DecodeFromBytes(frame, gopacket.NilDecodeFeedback) != nil {
		return Truncated
	}
	kind, rest := ethernet.EthernetType, ethernet.Payload
	for kind == layers.EthernetTypeDot1Q || kind == layers.EthernetTypeQinQ {
		if d.tags == maxTags {
			return VLANDepth
		}
		var tag layers.Dot1Q
		if tag.DecodeFromBytes(rest, gopacket.NilDecodeFeedback) != nil {
			return Truncated
		}
		d.tag(tag.VLANIdentifier)
		kind, rest = tag.Type, tag.Payload
	}
	switch kind {
	case layers.EthernetTypeIPv4:
		return d.ipv4(rest)
	case layers.EthernetTypeIPv6:
		return d.ipv6(rest)
	default:
		return NotIP
	}
}

func (d *decoder) ip(packet []byte) string {
	if len(packet) == 0 {
		return Truncated
	}
	switch packet[0] >> 4 {
	case 4:
		return d.ipv4(packet)
	case 6:
		return d.ipv6(packet)
	default:
		return NotIP
	}
}

func (d *decoder) ipv4(data []byte) string {
	if len(data) < 20 {
		return Truncated
	}
	// gopacket takes a total length of 0 for a super-packet of any size. It means
	// that only where the packet does not fit the field.
	if binary.BigEndian.Uint16(data[2:]) == 0 && len(data) <= 0xffff {
		return BadIPv4Header
	}

	var ip layers.IPv4
	err := ip.DecodeFromBytes(withoutOptions(data, 20, int(data[0]&0x0f)*4), gopacket.NilDecodeFeedback)
	switch {
	case data[0]>>4 != 4 || ip.IHL < 5:
		return BadIPv4Header
	case int(ip.Length) > len(data):
		return BadLength
	case err != nil:
		return BadIPv4Header
	}

	d.packet.Key.Source, _ = netip.AddrFromSlice(ip.SrcIP)
	d.packet.Key.Destination, _ = netip.AddrFromSlice(ip.DstIP)
	switch {
	case ip.FragOffset > 0:
		d.fragment = later
	case ip.Flags&layers.IPv4MoreFragments != 0:
		d.fragment = first
	}
	return d.transport(ip.Protocol, ip.Payload)
}

// withoutOptions replaces options by no-operations: gopacket refuses malformed ones,
// which do not stop a router or a network function.
func withoutOptions(data []byte, from, to int) []byte {
	copied := append([]byte(nil), data...)
	for i := from; i < min(to, len(copied)); i++ {
		copied[i] = 1
	}
	return copied
}

func (d *decoder) transport(protocol layers.IPProtocol, data []byte) string {
	d.packet.Key.Protocol = uint8(protocol)
	if d.fragment == later {
		return None
	}
	switch protocol {
	case layers.IPProtocolTCP:
		return d.tcp(data)
	case layers.IPProtocolUDP:
		return d.udp(data)
	case layers.IPProtocolSCTP:
		return d.sctp(data)
	case layers.IPProtocolICMPv4, layers.IPProtocolICMPv6:
		return d.icmp(data)
	default:
		return None
	}
}

func (d *decoder) tcp(data []byte) string {
	if len(data) < 20 {
		return Truncated
	}
	var tcp layers.TCP
	err := tcp.DecodeFromBytes(withoutOptions(data, 20, len(data)), gopacket.NilDecodeFeedback)
	// The options of a first fragment may be in the next one, which gopacket refuses.
	cut := d.fragment == first && tcp.DataOffset >= 5
	if err != nil && !cut {
		return BadTCPHeader
	}
	d.packet.Key.SourcePort, d.packet.Key.DestinationPort = uint16(tcp.SrcPort), uint16(tcp.DstPort)
	for bit, set := range []bool{tcp.FIN, tcp.SYN, tcp.RST, tcp.PSH, tcp.ACK, tcp.URG, tcp.ECE, tcp.CWR} {
		if set {
			d.packet.TCPFlags |= 1 << bit
		}
	}
	return None
}

func (d *decoder) udp(data []byte) string {
	if len(data) < 8 {
		return Truncated
	}
	var udp layers.UDP
	err := udp.DecodeFromBytes(data, gopacket.NilDecodeFeedback)
	// gopacket takes a length of 0 for a jumbogram of any size, and does not object to a
	// length behind the end. Only a first fragment is right to have one.
	jumbo := udp.Length == 0 && len(data) > 0xffff
	if err != nil || udp.Length == 0 && !jumbo || int(udp.Length) > len(data) && d.fragment != first {
		return BadLength
	}
	d.packet.Key.SourcePort, d.packet.Key.DestinationPort = uint16(udp.SrcPort), uint16(udp.DstPort)
	return None
}

func (d *decoder) sctp(data []byte) string {
	var sctp layers.SCTP
	if sctp.DecodeFromBytes(data, gopacket.NilDecodeFeedback) != nil {
		return Truncated
	}
	d.packet.Key.SourcePort, d.packet.Key.DestinationPort = uint16(sctp.SrcPort), uint16(sctp.DstPort)
	return None
}

// icmp needs type, code and checksum only; gopacket wants eight bytes of ICMPv4, so both
// versions are decoded as ICMPv6, whose first four bytes mean the same.
func (d *decoder) icmp(data []byte) string {
	var icmp layers.ICMPv6
	if icmp.DecodeFromBytes(data, gopacket.NilDecodeFeedback) != nil {
		return Truncated
	}
	d.packet.Key.DestinationPort = uint16(icmp.TypeCode)
	return None
}
