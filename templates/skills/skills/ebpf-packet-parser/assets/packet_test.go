// SPDX-License-Identifier: Apache-2.0

package parser

import (
	"net"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

var (
	client4 = net.IPv4(192, 0, 2, 1)
	server4 = net.IPv4(198, 51, 100, 7)
	client6 = net.ParseIP("2001:db8::1")
	server6 = net.ParseIP("2001:db8::7")
)

// build lays layers over each other; lengths and checksums that the layers leave out
// are filled in.
func build(t *testing.T, parts ...gopacket.SerializableLayer) []byte {
	t.Helper()
	buffer := gopacket.NewSerializeBuffer()
	options := gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}
	if err := gopacket.SerializeLayers(buffer, options, parts...); err != nil {
		t.Fatalf("build packet: %v", err)
	}
	return buffer.Bytes()
}

func ethernet(next layers.EthernetType) *layers.Ethernet {
	return &layers.Ethernet{
		SrcMAC: net.HardwareAddr{2, 0, 0, 0, 0, 1}, DstMAC: net.HardwareAddr{2, 0, 0, 0, 0, 2}, EthernetType: next,
	}
}

func ipv4(protocol layers.IPProtocol) *layers.IPv4 {
	return &layers.IPv4{Version: 4, TTL: 64, Protocol: protocol, SrcIP: client4, DstIP: server4}
}

func ipv6(next layers.IPProtocol) *layers.IPv6 {
	return &layers.IPv6{Version: 6, HopLimit: 64, NextHeader: next, SrcIP: client6, DstIP: server6}
}

func udp(t *testing.T, network gopacket.NetworkLayer, source, destination layers.UDPPort) *layers.UDP {
	t.Helper()
	header := &layers.UDP{SrcPort: source, DstPort: destination}
	if err := header.SetNetworkLayerForChecksum(network); err != nil {
		t.Fatal(err)
	}
	return header
}

func tcp(t *testing.T, network gopacket.NetworkLayer, source, destination layers.TCPPort) *layers.TCP {
	t.Helper()
	header := &layers.TCP{SrcPort: source, DstPort: destination, SYN: true, Window: 1024}
	if err := header.SetNetworkLayerForChecksum(network); err != nil {
		t.Fatal(err)
	}
	return header
}

// load creates what a specification describes, with its variables set.
func load(t *testing.T, read func() (*ebpf.CollectionSpec, error), variables map[string]any) *ebpf.Collection {
	t.Helper()
	spec, err := read()
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range variables {
		if err := spec.Variables[name].Set(value); err != nil {
			t.Fatalf("set %s: %v", name, err)
		}
	}
	collection, err := ebpf.NewCollection(spec)
	if err != nil {
		t.Fatalf("load: %+v", err)
	}
	t.Cleanup(collection.Close)
	return collection
}

// run passes one packet through a program and returns what became of it.
func run(t *testing.T, program *ebpf.Program, packet []byte) (verdict uint32, after []byte) {
	t.Helper()
	options := &ebpf.RunOptions{Data: packet, DataOut: make([]byte, len(packet)+256)}
	verdict, err := program.Run(options)
	if err != nil {
		t.Fatalf("run: %v", err)
	}
	return verdict, options.DataOut
}

// counter reads a global variable.
func counter(t *testing.T, collection *ebpf.Collection, name string) uint32 {
	t.Helper()
	var value uint32
	if err := collection.Variables[name].Get(&value); err != nil {
		t.Fatalf("read %s: %v", name, err)
	}
	return value
}
