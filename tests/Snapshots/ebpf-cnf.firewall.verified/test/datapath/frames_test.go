// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"encoding/binary"
	"slices"

	"example.com/my-cnf/internal/firewall"
)

// frameOf writes a packet as it is on the wire.
func frameOf(packet firewall.Packet) []byte { return tcpFrame(packet, 0x10) }

// tcpFrame does so with other TCP flags than ACK.
func tcpFrame(packet firewall.Packet, flags byte) []byte {
	return frame(packet, transportOf(packet, flags))
}

func transportOf(packet firewall.Packet, flags byte) []byte {
	header := binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(nil, packet.SourcePort), packet.DestinationPort)
	switch packet.Protocol {
	case 6:
		header = append(header, 0, 0, 0, 0, 0, 0, 0, 0, 0x50, flags, 0, 0, 0, 0, 0, 0)
	case 17:
		header = append(header, 0, 16, 0, 0)
	case 132:
		header = append(header, 0, 0, 0, 0, 0, 0, 0, 0)
	case 1, 58:
		header = append(header[2:], 0, 0, 0, 0)
	}
	return append(header, make([]byte, 8)...)
}

func frame(packet firewall.Packet, payload []byte) []byte {
	addresses := slices.Concat(packet.Source.AsSlice(), packet.Destination.AsSlice())
	ethernet := []byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2}
	if packet.Source.Is4() {
		header := []byte{0x45, 0, 0, byte(20 + len(payload)), 0, 1, 0, 0, 64, packet.Protocol, 0, 0}
		if packet.LaterFragment {
			header[7] = 185
		}
		return slices.Concat(ethernet, []byte{8, 0}, header, addresses, payload)
	}
	next := packet.Protocol
	if packet.LaterFragment {
		next = 44
		payload = slices.Concat([]byte{packet.Protocol, 0, 5, 0xc8, 0, 0, 0, 9}, payload)
	}
	header := []byte{0x60, 0, 0, 0, 0, byte(len(payload)), next, 64}
	return slices.Concat(ethernet, []byte{0x86, 0xdd}, header, addresses, payload)
}
