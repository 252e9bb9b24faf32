// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"net"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

// What tcx programs return: go on with the next program, or drop.
const (
	next = ^uint32(0)
	shot = uint32(2)
)

var (
	clientMAC = net.HardwareAddr{2, 0, 0, 0, 0, 1}
	serverMAC = net.HardwareAddr{2, 0, 0, 0, 0, 2}
	client    = net.IP{192, 0, 2, 1}
	server    = net.IP{198, 51, 100, 2}
)

func ethernet(kind layers.EthernetType) *layers.Ethernet {
	return &layers.Ethernet{SrcMAC: clientMAC, DstMAC: serverMAC, EthernetType: kind}
}

func build(t *testing.T, parts ...gopacket.SerializableLayer) []byte {
	t.Helper()
	buffer := gopacket.NewSerializeBuffer()
	if err := gopacket.SerializeLayers(buffer, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, parts...); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

func ip(protocol layers.IPProtocol, source net.IP) *layers.IPv4 {
	return &layers.IPv4{Version: 4, TTL: 64, Protocol: protocol, SrcIP: source, DstIP: server}
}

func udp(t *testing.T, source net.IP, port layers.UDPPort) []byte {
	t.Helper()
	header, datagram := ip(layers.IPProtocolUDP, source), &layers.UDP{SrcPort: 40001, DstPort: port}
	datagram.SetNetworkLayerForChecksum(header)
	return build(t, ethernet(layers.EthernetTypeIPv4), header, datagram, gopacket.Payload("query"))
}

func tcp(t *testing.T, port layers.TCPPort) []byte {
	t.Helper()
	header, segment := ip(layers.IPProtocolTCP, client), &layers.TCP{SrcPort: 40001, DstPort: port, SYN: true}
	segment.SetNetworkLayerForChecksum(header)
	return build(t, ethernet(layers.EthernetTypeIPv4), header, segment)
}

func ping(t *testing.T) []byte {
	t.Helper()
	echo := &layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(layers.ICMPv4TypeEchoRequest, 0)}
	return build(t, ethernet(layers.EthernetTypeIPv4), ip(layers.IPProtocolICMPv4, client), echo, gopacket.Payload("ping"))
}

func arp(t *testing.T) []byte {
	t.Helper()
	return build(t, ethernet(layers.EthernetTypeARP), &layers.ARP{
		AddrType: layers.LinkTypeEthernet, Protocol: layers.EthernetTypeIPv4, HwAddressSize: 6, ProtAddressSize: 4,
		Operation: layers.ARPRequest, SourceHwAddress: clientMAC, SourceProtAddress: client,
		DstHwAddress: make([]byte, 6), DstProtAddress: server,
	})
}

func load(t *testing.T, read func() (*ebpf.CollectionSpec, error)) *ebpf.Collection {
	t.Helper()
	spec, err := read()
	if err != nil {
		t.Fatal(err)
	}
	collection, err := ebpf.NewCollection(spec)
	if err != nil {
		t.Fatalf("load: %+v", err)
	}
	t.Cleanup(collection.Close)
	return collection
}

// run gives one packet to a program and returns its verdict.
func run(t *testing.T, program *ebpf.Program, packet []byte) uint32 {
	t.Helper()
	verdict, err := program.Run(&ebpf.RunOptions{Data: packet, Repeat: 1})
	if err != nil {
		t.Fatalf("run %d bytes: %v", len(packet), err)
	}
	return verdict
}
