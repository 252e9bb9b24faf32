// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"

	"example.com/my-cnf/internal/balancer"
)

// Packets within packets: what is inside is what came, and the outer header is right in every bit.
func TestEncapsulation(t *testing.T) {
	balancing(t, func(t *testing.T, b *lb) {
		for _, mode := range []uint32{modeIPv4, modeIPv6} {
			for _, to := range []balancer.Endpoint{web4, web6, dns4, dns6} {
				b.install(service{to, []backend{{number: 7, weight: 1, mode: mode}}})
				from := client(3)
				if to.Address.Is6() {
					from = clientOfIPv6(3)
				}
				frame := packet(from, to, plain)
				expectInside(t, b.expect(to.String(), frame, 7), mode, frame, ethernetHeader)
				// Padding stays behind all of it, and is no part of the lengths.
				padded := append(bytes.Clone(frame), 0, 0, 0, 0, 0)
				expectInside(t, b.expect("padded", padded, 7), mode, padded, ethernetHeader)
				b.expectTagged(mode, frame)
			}
		}
	})
}

const ethernetHeader = 14

// expectTagged expects tags to stay where the program can move them, and the packet to be dropped where it cannot.
func (b *lb) expectTagged(mode uint32, frame []byte) {
	b.t.Helper()
	twice := tagged([]part{tag(200, layers.EthernetTypeDot1Q)}, frame)
	for _, input := range [][]byte{tagged(nil, frame), twice} {
		if b.e.program != "xdp_ingress" {
			b.expect("tagged", input, -1)
			continue
		}
		expectInside(b.t, b.expect("tagged", input, 7), mode, input, ethernetHeader+len(input)-len(frame))
	}
}

// expectInside looks at a packet whose IP header was at an offset.
func expectInside(t testing.TB, out []byte, mode uint32, frame []byte, offset int) {
	t.Helper()
	size := map[uint32]int{modeIPv4: 20, modeIPv6: 40}[mode]
	if len(out) != len(frame)+size || !bytes.Equal(out[offset+size:], frame[offset:]) {
		t.Fatalf("the packet is not inside:\n%x\n%x", out, frame)
	}
	if offset > ethernetHeader && !bytes.Equal(out[12:offset-2], frame[12:offset-2]) {
		t.Errorf("tags were %x and are %x", frame[12:offset-2], out[12:offset-2])
	}
	if want := outerHeader(mode, frame[offset:], out[offset:]); !bytes.Equal(out[offset-2:offset+size], want) {
		t.Errorf("type and outer header are\n%x, want\n%x", out[offset-2:offset+size], want)
	}
}

// outerHeader is the header that should be before a packet, behind its Ethernet type. Any flow label will do, but none at all.
func outerHeader(mode uint32, inner, got []byte) []byte {
	length, protocol := int(binary.BigEndian.Uint16(inner[2:])), layers.IPProtocolIPv4
	if inner[0]>>4 == 6 {
		length, protocol = int(binary.BigEndian.Uint16(inner[4:]))+40, layers.IPProtocolIPv6
	}
	local, remote := backend{number: 7, mode: mode}.entry(1).Local, backend{number: 7, mode: mode}.entry(1).Remote
	var header gopacket.SerializableLayer
	kind := layers.EthernetTypeIPv4
	if mode == modeIPv4 {
		header = &layers.IPv4{Version: 4, TTL: 64, TOS: 0xb9, Flags: layers.IPv4DontFragment, Protocol: protocol, SrcIP: local[12:], DstIP: remote[12:]}
	} else {
		kind = layers.EthernetTypeIPv6
		label := binary.BigEndian.Uint32(got) & 0xfffff
		if label == 0 {
			label = 1
		}
		header = &layers.IPv6{Version: 6, HopLimit: 64, TrafficClass: 0xb9, FlowLabel: label, NextHeader: protocol, SrcIP: local[:], DstIP: remote[:]}
	}
	buffer := gopacket.NewSerializeBuffer()
	options := gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}
	check(gopacket.SerializeLayers(buffer, options, header, payload(length)))
	bytes := buffer.Bytes()
	return append(binary.BigEndian.AppendUint16(nil, uint16(kind)), bytes[:len(bytes)-length]...)
}
