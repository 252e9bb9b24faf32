// SPDX-License-Identifier: Apache-2.0

package firewall

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// ParsePacket reads a packet as a person writes it: direction, protocol, source, destination, and then the type of
// an ICMP message, or "fragment" for a fragment other than the first.
func ParsePacket(text string) (Packet, error) {
	var packet Packet
	fields := strings.Fields(text)
	if len(fields) < 4 || len(fields) > 5 {
		return packet, errors.New("want direction, protocol, source, destination, and for ICMP a type")
	}
	var err error
	if packet.Direction, err = parseDirection(fields[0]); err != nil {
		return packet, err
	}
	if packet.Protocol, err = parseProtocol(fields[1]); err != nil {
		return packet, err
	}
	isICMP := packet.Protocol == icmp || packet.Protocol == icmpv6
	switch rest := fields[4:]; {
	case len(rest) == 1 && rest[0] == "fragment":
		packet.LaterFragment = true
	case len(rest) == 1 && isICMP:
		kind, err := parseICMPType(packet.Protocol, rest[0])
		if err != nil {
			return packet, err
		}
		packet.DestinationPort = kind.First
	case len(rest) == 1:
		return packet, fmt.Errorf("%q at the end: want fragment or nothing", rest[0])
	case isICMP:
		return packet, errors.New("the type is missing, such as echo-request or 3/4")
	}
	withPort := !packet.LaterFragment && !hasNoPorts(packet.Protocol)
	var sourcePort, destinationPort uint16
	if packet.Source, sourcePort, err = parseEndpoint(fields[2], withPort); err != nil {
		return packet, err
	}
	if packet.Destination, destinationPort, err = parseEndpoint(fields[3], withPort); err != nil {
		return packet, err
	}
	if withPort {
		packet.SourcePort, packet.DestinationPort = sourcePort, destinationPort
	}
	if packet.Source.Is4() != packet.Destination.Is4() {
		return packet, errors.New("source and destination are of different IP versions")
	}
	return packet, nil
}

func parseEndpoint(text string, withPort bool) (netip.Addr, uint16, error) {
	if withPort {
		endpoint, err := netip.ParseAddrPort(text)
		if err != nil {
			return netip.Addr{}, 0, fmt.Errorf("%q is no address with a port, such as 192.0.2.1:443 or [2001:db8::1]:443", text)
		}
		return endpoint.Addr().Unmap(), endpoint.Port(), nil
	}
	addr, err := netip.ParseAddr(strings.Trim(text, "[]"))
	if err != nil {
		return netip.Addr{}, 0, fmt.Errorf("%q is no address, such as 192.0.2.1 or 2001:db8::1", text)
	}
	return addr.Unmap(), 0, nil
}

// Explain says what happens to a packet that belongs to no connection, and why.
func (p *Policy) Explain(packet Packet) string {
	action, rule := p.Match(packet)
	if rule < 0 {
		return fmt.Sprintf("%s, by default", action)
	}
	if name := p.Rules[rule].Name; name != "" {
		return fmt.Sprintf("%s, by rule %d, %s", action, rule+1, name)
	}
	return fmt.Sprintf("%s, by rule %d", action, rule+1)
}

// Warnings are about what is valid and yet likely to surprise.
func (p *Policy) Warnings() (warnings []string) {
	router, node := netip.MustParseAddr("fe80::1"), netip.MustParseAddr("fe80::2")
	for _, direction := range []Direction{Ingress, Egress} {
		solicitation := Packet{Direction: direction, Protocol: icmpv6, Source: router, Destination: node, DestinationPort: 135 << 8}
		if action, _ := p.Match(solicitation); action == Deny {
			warnings = append(warnings, fmt.Sprintf("neighbor solicitations at %s are denied: without them, IPv6 does not work on an Ethernet", direction))
		}
	}
	for i := range p.Rules {
		if by, covered := p.coveredBy(i); covered {
			warnings = append(warnings, fmt.Sprintf("rule %s matches nothing: rule %s comes before it and matches all of the same packets", p.Label(i), p.Label(by)))
		}
	}
	return warnings
}

// coveredBy finds an earlier rule that asks for nothing.
func (p *Policy) coveredBy(rule int) (by int, covered bool) {
	for i := range p.Rules[:rule] {
		r := &p.Rules[i]
		if len(r.Directions)+len(r.Protocols)+len(r.Sources)+len(r.Destinations) == 0 && !r.Fragments {
			return i, true
		}
	}
	return 0, false
}
