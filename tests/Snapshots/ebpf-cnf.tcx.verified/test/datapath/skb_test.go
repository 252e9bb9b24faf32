// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"encoding/binary"

	"github.com/gopacket/gopacket/layers"

	"example.com/my-cnf/test/reference"
)

// next lets the next program decide: TCX_NEXT and TC_ACT_UNSPEC, both -1.
const next = 0xffffffff

// skbEntry is a program on a device with Ethernet headers.
func skbEntry(program, direction string) entry {
	return entry{
		program:   program,
		direction: direction,
		decode:    func(input []byte) reference.Packet { return reference.Ethernet(input) },
		length:    func(input []byte) int { return len(input) },
		input:     func(frame []byte) []byte { return frame },
		refused:   refusedBySkb,
		pass:      next,
	}
}

// refusedBySkb knows the kernel's checks of a packet that is to become an skb: there
// must be an Ethernet header, and the IP header that its type announces. Not
// every kernel makes the second check.
func refusedBySkb(input []byte) bool {
	if len(input) < 14 {
		return true
	}
	switch layers.EthernetType(binary.BigEndian.Uint16(input[12:])) {
	case layers.EthernetTypeIPv4:
		return len(input) < 14+20
	case layers.EthernetTypeIPv6:
		return len(input) < 14+40
	}
	return false
}
