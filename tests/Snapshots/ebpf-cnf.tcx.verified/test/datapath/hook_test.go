// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"encoding/binary"

	"github.com/gopacket/gopacket/layers"

	"example.com/my-cnf/test/reference"
)

var entries = []entry{
	skbEntry("tcx_ingress", "ingress"),
	skbEntry("tcx_egress", "egress"),
	skbEntryL3("tcx_ingress_l3", "ingress"),
	skbEntryL3("tcx_egress_l3", "egress"),
}

// skbEntryL3 is a program on a device without. BPF_PROG_RUN takes the first 14 bytes for
// an Ethernet header, but shows them to the program as they are.
func skbEntryL3(program, direction string) entry {
	return entry{
		program:   program,
		direction: direction,
		decode:    reference.IP,
		length:    func(input []byte) int { return len(input) },
		input:     withoutEthernet,
		refused:   refusedBySkb,
		pass:      next,
	}
}

// withoutEthernet is nil for frames that a device without Ethernet headers cannot carry.
func withoutEthernet(frame []byte) []byte {
	switch layers.EthernetType(binary.BigEndian.Uint16(frame[12:])) {
	case layers.EthernetTypeIPv4, layers.EthernetTypeIPv6:
		return frame[14:]
	}
	return nil
}
