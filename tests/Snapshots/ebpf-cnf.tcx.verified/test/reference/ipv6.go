// SPDX-License-Identifier: Apache-2.0

package reference

import (
	"net/netip"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

// Extension headers that gopacket has no names for.
const (
	protocolMobility layers.IPProtocol = 135
	protocolHIP      layers.IPProtocol = 139
	protocolShim6    layers.IPProtocol = 140
)

func (d *decoder) ipv6(data []byte) string {
	var ip layers.IPv6
	if len(data) < 40 {
		return Truncated
	}
	// gopacket decodes hop-by-hop options with the header and refuses what it does not
	// like there, and a payload of 0 bytes. The header's own fields are set by then.
	_ = ip.DecodeFromBytes(data, gopacket.NilDecodeFeedback)
	if ip.Version != 6 {
		return BadIPv6Header
	}
	rest := data[40:]
	jumbo := ip.Length == 0 && len(rest) > 0xffff
	if int(ip.Length) > len(rest) {
		return BadLength
	}
	if !jumbo {
		rest = rest[:ip.Length]
	}
	d.packet.Key.Source, _ = netip.AddrFromSlice(ip.SrcIP)
	d.packet.Key.Destination, _ = netip.AddrFromSlice(ip.DstIP)

	next := ip.NextHeader
	for count := 0; isExtension(next) && d.fragment != later; count++ {
		if count == maxExtensions {
			return ExtHeaders
		}
		var ok bool
		if next, rest, ok = d.extension(next, rest); !ok {
			return Truncated
		}
	}
	return d.transport(next, rest)
}

func isExtension(protocol layers.IPProtocol) bool {
	switch protocol {
	case layers.IPProtocolIPv6HopByHop, layers.IPProtocolIPv6Routing, layers.IPProtocolIPv6Fragment,
		layers.IPProtocolIPv6Destination, layers.IPProtocolAH, protocolMobility, protocolHIP, protocolShim6:
		return true
	}
	return false
}

// extension decodes one header and returns what follows it.
func (d *decoder) extension(protocol layers.IPProtocol, data []byte) (layers.IPProtocol, []byte, bool) {
	if len(data) < 8 {
		return 0, nil, false
	}
	switch protocol {
	case layers.IPProtocolIPv6Fragment:
		return d.fragmentHeader(data)
	case layers.IPProtocolAH:
		// gopacket wants the 12 bytes of an authentication header even when its length
		// field says less. The length, in words of four bytes less two, decides here.
		size := (int(data[1]) + 2) * 4
		if size > len(data) {
			return 0, nil, false
		}
		return layers.IPProtocol(data[0]), data[size:], true
	default:
		var header layers.IPv6ExtensionSkipper
		if header.DecodeFromBytes(data, gopacket.NilDecodeFeedback) != nil {
			return 0, nil, false
		}
		return header.NextHeader, header.Payload, true
	}
}

func (d *decoder) fragmentHeader(data []byte) (layers.IPProtocol, []byte, bool) {
	packet := gopacket.NewPacket(data, layers.LayerTypeIPv6Fragment, gopacket.NoCopy)
	header, ok := packet.Layer(layers.LayerTypeIPv6Fragment).(*layers.IPv6Fragment)
	if !ok {
		return 0, nil, false
	}
	switch {
	case header.FragmentOffset > 0:
		d.fragment = later
	case header.MoreFragments:
		d.fragment = first
	default:
		// Neither offset nor more fragments: an atomic fragment (RFC 6946) is whole.
		d.fragment = whole
	}
	return header.NextHeader, header.Payload, true
}
