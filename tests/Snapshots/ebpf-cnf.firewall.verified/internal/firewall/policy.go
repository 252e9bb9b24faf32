// SPDX-License-Identifier: Apache-2.0

// Package firewall holds the rules of the firewall: it reads them, says which of them a packet meets first,
// and compiles them to the tables that the BPF programs look them up in.
package firewall

import (
	"net/netip"
	"slices"
	"strconv"
)

// MaxRules is how many rules a policy may have.
const MaxRules = 1024

// Action is what happens to a packet.
type Action uint8

const (
	Deny Action = iota
	Allow
)

func (a Action) String() string { return [...]string{"deny", "allow"}[a] }

// Direction is which way a packet goes, numbered as in bpf/lib/verdict.h.
type Direction uint8

const (
	Ingress Direction = iota
	Egress
	directions
)

func (d Direction) String() string { return [...]string{"ingress", "egress"}[d] }

// Protocols with ports, or with types.
const (
	icmp   = 1
	tcp    = 6
	udp    = 17
	icmpv6 = 58
	sctp   = 132
)

// PortRange has both ends in it.
type PortRange struct{ First, Last uint16 }

func (r PortRange) contains(port uint16) bool { return r.First <= port && port <= r.Last }

// Rule is one line of a policy. An empty list asks for nothing.
type Rule struct {
	Name                          string
	Action                        Action
	Directions                    []Direction
	Protocols                     []uint8
	Sources, Destinations         []netip.Prefix
	SourcePorts, DestinationPorts []PortRange
	// ICMPTypes are ranges of the type byte and the code byte together.
	ICMPTypes []PortRange
	// Fragments asks for fragments other than the first of their packet.
	Fragments bool
}

// Policy is a list of rules, of which the first that matches a packet counts.
type Policy struct {
	// Default is for packets that no rule matches.
	Default Action
	// Stateful lets the replies of allowed packets pass.
	Stateful bool
	Rules    []Rule
}

// Packet is what rules can ask about a packet.
type Packet struct {
	Direction           Direction
	Protocol            uint8
	Source, Destination netip.Addr
	// DestinationPort is for ICMP the type byte and the code byte.
	SourcePort, DestinationPort uint16
	// LaterFragment has no ports.
	LaterFragment bool
}

// Label is what logs and metrics call a rule: its name, or its number, from 1 on.
func (p *Policy) Label(rule int) string {
	if name := p.Rules[rule].Name; name != "" {
		return name
	}
	return strconv.Itoa(rule + 1)
}

// Match returns what happens to a packet that belongs to no connection, and the index of the rule that says
// so, -1 if none does. It is the plain reading of the rules, with which tests compare the programs.
func (p *Policy) Match(packet Packet) (Action, int) {
	for i := range p.Rules {
		if p.Rules[i].matches(packet) {
			return p.Rules[i].Action, i
		}
	}
	return p.Default, -1
}

func (r *Rule) matches(packet Packet) bool {
	return r.matchesKind(packet.Direction, packet.Protocol, packet.LaterFragment) &&
		anyPrefix(r.Sources, packet.Source) && anyPrefix(r.Destinations, packet.Destination) &&
		anyRange(r.SourcePorts, packet.SourcePort) && anyRange(r.destinationRanges(), packet.DestinationPort)
}

func (r *Rule) matchesKind(direction Direction, protocol uint8, laterFragment bool) bool {
	if laterFragment && r.asksForPorts() || !laterFragment && r.Fragments {
		return false
	}
	return (len(r.Directions) == 0 || slices.Contains(r.Directions, direction)) &&
		(len(r.Protocols) == 0 || slices.Contains(r.Protocols, protocol))
}

func (r *Rule) asksForPorts() bool { return len(r.SourcePorts)+len(r.destinationRanges()) > 0 }

// asksOnlyForAddresses tells whether source and destination are all that the rule asks for.
func (r *Rule) asksOnlyForAddresses() bool {
	return len(r.Directions)+len(r.Protocols) == 0 && !r.asksForPorts() && !r.Fragments
}

// destinationRanges are of ports or of ICMP types: a rule is never about both.
func (r *Rule) destinationRanges() []PortRange {
	if len(r.ICMPTypes) > 0 {
		return r.ICMPTypes
	}
	return r.DestinationPorts
}

// anyPrefix never takes an IPv6 prefix, however short, for one of IPv4 addresses.
func anyPrefix(list []netip.Prefix, addr netip.Addr) bool {
	return len(list) == 0 || slices.ContainsFunc(list, func(p netip.Prefix) bool { return p.Contains(addr.Unmap()) })
}

func anyRange(list []PortRange, port uint16) bool {
	return len(list) == 0 || slices.ContainsFunc(list, func(r PortRange) bool { return r.contains(port) })
}
