// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"encoding/binary"
	"net"
	"slices"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

var (
	clientMAC = net.HardwareAddr{2, 0, 0, 0, 0, 1}
	serverMAC = net.HardwareAddr{2, 0, 0, 0, 0, 2}
	client    = net.IPv4(192, 0, 2, 1).To4()
	server    = net.IPv4(198, 51, 100, 2).To4()
)

// frame lays layers over each other behind an Ethernet header. Lengths and checksums are
// filled in. gopacket's own Ethernet layer would pad the frame, and nothing short could
// be tested.
func frame(t testing.TB, parts ...gopacket.SerializableLayer) []byte {
	t.Helper()
	buffer := gopacket.NewSerializeBuffer()
	options := gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}
	if err := gopacket.SerializeLayers(buffer, options, parts...); err != nil {
		t.Fatalf("build packet: %v", err)
	}
	ethernet := binary.BigEndian.AppendUint16(slices.Concat(serverMAC, clientMAC), uint16(layers.EthernetTypeIPv4))
	return append(ethernet, buffer.Bytes()...)
}

func ipv4(protocol layers.IPProtocol) *layers.IPv4 {
	return &layers.IPv4{Version: 4, TTL: 64, Protocol: protocol, SrcIP: client, DstIP: server}
}

// datagram is a whole UDP datagram with four bytes of payload.
func datagram(t testing.TB, port layers.UDPPort) []byte {
	t.Helper()
	ip, udp := ipv4(layers.IPProtocolUDP), &layers.UDP{SrcPort: 40001, DstPort: port}
	if err := udp.SetNetworkLayerForChecksum(ip); err != nil {
		t.Fatal(err)
	}
	return frame(t, ip, udp, gopacket.Payload("ping"))
}

// segment is a TCP segment to the port of the same number.
func segment(t testing.TB, port layers.TCPPort) []byte {
	t.Helper()
	ip, tcp := ipv4(layers.IPProtocolTCP), &layers.TCP{SrcPort: 40001, DstPort: port, SYN: true}
	if err := tcp.SetNetworkLayerForChecksum(ip); err != nil {
		t.Fatal(err)
	}
	return frame(t, ip, tcp)
}

// laterFragment carries, where a port would be, bytes that look like the blocked one.
func laterFragment(t testing.TB, port uint16) []byte {
	t.Helper()
	ip := ipv4(layers.IPProtocolUDP)
	ip.FragOffset = 185
	return frame(t, ip, gopacket.Payload{0x9c, 0x41, byte(port >> 8), byte(port), 0, 8, 0, 0})
}
