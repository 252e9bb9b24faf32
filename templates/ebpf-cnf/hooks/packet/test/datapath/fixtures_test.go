// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"bytes"
	"encoding/binary"
	"net"
	"slices"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"

	"example.com/cnf-template/test/reference"
)

// fixture is a frame and what is wrong with it. Its flow comes from the reference
// decoder; the reason is written down here as well, so that decoder and parser
// cannot be wrong together.
type fixture struct {
	name   string
	frame  []byte
	reason string
}

// Parts of packets. Lengths and checksums are filled in when they are put together.
type part = gopacket.SerializableLayer

var (
	clientMAC = net.HardwareAddr{2, 0, 0, 0, 0, 1}
	serverMAC = net.HardwareAddr{2, 0, 0, 0, 0, 2}
	client4   = net.IP{192, 0, 2, 1}
	server4   = net.IP{198, 51, 100, 2}
	client6   = net.ParseIP("2001:db8::1")
	server6   = net.ParseIP("2001:db8:1::2")
)

func ethernet(kind layers.EthernetType) *layers.Ethernet {
	return &layers.Ethernet{SrcMAC: clientMAC, DstMAC: serverMAC, EthernetType: kind}
}

func tag(id uint16, kind layers.EthernetType) *layers.Dot1Q {
	return &layers.Dot1Q{Priority: 5, DropEligible: true, VLANIdentifier: id, Type: kind}
}

func ipv4(protocol layers.IPProtocol) *layers.IPv4 {
	return &layers.IPv4{Version: 4, TTL: 64, Id: 7, Protocol: protocol, SrcIP: client4, DstIP: server4}
}

func ipv6(next layers.IPProtocol) *layers.IPv6 {
	return &layers.IPv6{Version: 6, HopLimit: 64, NextHeader: next, SrcIP: client6, DstIP: server6}
}

func tcp(ip gopacket.NetworkLayer, change func(*layers.TCP)) *layers.TCP {
	header := &layers.TCP{SrcPort: 49152, DstPort: 443, Seq: 1, Window: 1024, ACK: true}
	change(header)
	check(header.SetNetworkLayerForChecksum(ip))
	return header
}

func plain(*layers.TCP) {}

func udp(ip gopacket.NetworkLayer) *layers.UDP {
	header := &layers.UDP{SrcPort: 5353, DstPort: 53}
	check(header.SetNetworkLayerForChecksum(ip))
	return header
}

func payload(size int) gopacket.Payload {
	return bytes.Repeat([]byte{0xa5}, size)
}

// raw stands for a header that gopacket cannot write.
func raw(content ...byte) gopacket.Payload {
	return content
}

func build(parts ...part) []byte {
	var frame []byte
	if header, ok := parts[0].(*layers.Ethernet); ok {
		// gopacket would fill up the frame to 60 bytes.
		frame = slices.Concat(header.DstMAC, header.SrcMAC, binary.BigEndian.AppendUint16(nil, uint16(header.EthernetType)))
		parts = parts[1:]
	}
	buffer := gopacket.NewSerializeBuffer()
	options := gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}
	check(gopacket.SerializeLayers(buffer, options, parts...))
	return append(frame, buffer.Bytes()...)
}

// ip4 and ip6 build frames around what they are given.
func ip4(protocol layers.IPProtocol, parts ...part) []byte {
	return build(append([]part{ethernet(layers.EthernetTypeIPv4), ipv4(protocol)}, parts...)...)
}

func ip6(next layers.IPProtocol, parts ...part) []byte {
	return build(append([]part{ethernet(layers.EthernetTypeIPv6), ipv6(next)}, parts...)...)
}

func tagged(tags []part, frame []byte) []byte {
	kind := layers.EthernetType(uint16(frame[12])<<8 | uint16(frame[13]))
	head := build(append(append([]part{ethernet(layers.EthernetTypeDot1Q)}, tags...), tag(30, kind))...)
	return append(head, frame[14:]...)
}

// changed returns a copy with bytes overwritten from an offset on.
func changed(frame []byte, offset int, content ...byte) []byte {
	copied := bytes.Clone(frame)
	copy(copied[offset:], content)
	return copied
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// The reference decoder must agree with what is written down about every fixture.
func TestFixturesAreWhatTheySay(t *testing.T) {
	for _, f := range fixtures() {
		if got := reference.Ethernet(f.frame).Reason; got != f.reason {
			t.Errorf("%s: the reference decoder says %q, the fixture %q", f.name, got, f.reason)
		}
	}
}
