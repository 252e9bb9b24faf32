// SPDX-License-Identifier: Apache-2.0

// Package flows describes flows the way that people and other programs read them.
package flows

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Flow is one direction of a conversation.
type Flow struct {
	Source          netip.Addr `json:"source"`
	SourcePort      uint16     `json:"source_port"`
	Destination     netip.Addr `json:"destination"`
	DestinationPort uint16     `json:"destination_port"`
	Protocol        Protocol   `json:"protocol"`
	VLAN            uint16     `json:"vlan"`
	Direction       string     `json:"direction"`
	Packets         uint64     `json:"packets"`
	Bytes           uint64     `json:"bytes"`
	FirstSeen       time.Time  `json:"first_seen"`
	LastSeen        time.Time  `json:"last_seen"`
	TCPFlags        TCPFlags   `json:"tcp_flags"`
}

// Protocol is an IP protocol number. Its text is a name where the number has one that
// is in common use.
type Protocol uint8

const (
	ICMP   Protocol = 1
	TCP    Protocol = 6
	UDP    Protocol = 17
	ICMPv6 Protocol = 58
	SCTP   Protocol = 132
)

var protocolNames = map[Protocol]string{ICMP: "icmp", TCP: "tcp", UDP: "udp", ICMPv6: "icmpv6", SCTP: "sctp"}

func (p Protocol) String() string {
	if name, ok := protocolNames[p]; ok {
		return name
	}
	return strconv.Itoa(int(p))
}

func (p Protocol) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

func (p *Protocol) UnmarshalText(text []byte) error {
	for number, name := range protocolNames {
		if name == string(text) {
			*p = number
			return nil
		}
	}
	number, err := strconv.ParseUint(string(text), 10, 8)
	if err != nil {
		return fmt.Errorf("parse protocol %q: %w", text, err)
	}
	*p = Protocol(number)
	return nil
}

// TCPFlags are the bits of the TCP header's flags byte.
type TCPFlags uint8

var tcpFlagNames = [...]string{"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"}

func (f TCPFlags) String() string {
	var set []string
	for bit, name := range tcpFlagNames {
		if f&(1<<bit) != 0 {
			set = append(set, name)
		}
	}
	return strings.Join(set, "|")
}

func (f TCPFlags) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

func (f *TCPFlags) UnmarshalText(text []byte) error {
	*f = 0
	if len(text) == 0 {
		return nil
	}
	for name := range strings.SplitSeq(string(text), "|") {
		bit := slices.Index(tcpFlagNames[:], name)
		if bit < 0 {
			return fmt.Errorf("parse TCP flag %q: unknown", name)
		}
		*f |= 1 << bit
	}
	return nil
}

// Sort puts the flows with most bytes first. Equal ones keep a fixed order, so that a
// watched table does not flicker.
func Sort(list []Flow) {
	slices.SortFunc(list, func(a, b Flow) int {
		// Nearly always the first or second one decides, and cmp.Or would compare all.
		if a.Bytes != b.Bytes {
			return cmp.Compare(b.Bytes, a.Bytes)
		}
		if order := a.FirstSeen.Compare(b.FirstSeen); order != 0 {
			return order
		}
		return cmp.Or(
			a.Source.Compare(b.Source),
			a.Destination.Compare(b.Destination),
			cmp.Compare(a.SourcePort, b.SourcePort),
			cmp.Compare(a.DestinationPort, b.DestinationPort),
			cmp.Compare(a.Protocol, b.Protocol),
			cmp.Compare(a.VLAN, b.VLAN),
			cmp.Compare(a.Direction, b.Direction),
		)
	})
}
