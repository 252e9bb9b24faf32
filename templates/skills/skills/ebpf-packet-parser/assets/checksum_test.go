// SPDX-License-Identifier: Apache-2.0

package parser

import (
	"bytes"
	"encoding/binary"
	"net"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

var backend4 = net.IPv4(203, 0, 113, 9)

// networkOrder returns the bytes as C code sees them in memory.
func networkOrder(bytes []byte) uint32 { return binary.NativeEndian.Uint32(bytes) }

func backend(port uint16) map[string]any {
	return map[string]any{"backend_address": networkOrder(backend4.To4()), "backend_port": fromNetwork(port)}
}

// The expected packet is built by gopacket from scratch, checksums included.
func TestRewrite(t *testing.T) {
	before, after := ipv4(layers.IPProtocolTCP), ipv4(layers.IPProtocolTCP)
	after.DstIP = backend4
	program := load(t, loadRewrite, backend(8080)).Programs["rewrite_ipv4"]

	_, got := run(t, program, build(t, ethernet(layers.EthernetTypeIPv4), before, tcp(t, before, 40001, 80), request))
	want := build(t, ethernet(layers.EthernetTypeIPv4), after, tcp(t, after, 40001, 8080), request)
	if !bytes.Equal(got, want) {
		t.Errorf("TCP:\n got %x\nwant %x", got, want)
	}

	before, after = ipv4(layers.IPProtocolUDP), ipv4(layers.IPProtocolUDP)
	after.DstIP = backend4
	_, got = run(t, program, build(t, ethernet(layers.EthernetTypeIPv4), before, udp(t, before, 40001, 80), request))
	want = build(t, ethernet(layers.EthernetTypeIPv4), after, udp(t, after, 40001, 8080), request)
	if !bytes.Equal(got, want) {
		t.Errorf("UDP:\n got %x\nwant %x", got, want)
	}
}

func TestRewriteXDP(t *testing.T) {
	before, after := ipv4(layers.IPProtocolICMPv4), ipv4(layers.IPProtocolICMPv4)
	after.SrcIP = backend4
	echo := &layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(layers.ICMPv4TypeEchoRequest, 0)}
	program := load(t, loadRewriteXDP, map[string]any{"new_source": networkOrder(backend4.To4())}).Programs["rewrite_source"]

	// Every identification gives another sum, some of which carry.
	for id := range 2000 {
		before.Id, after.Id = uint16(id*31), uint16(id*31)
		_, got := run(t, program, build(t, ethernet(layers.EthernetTypeIPv4), before, echo))
		if want := build(t, ethernet(layers.EthernetTypeIPv4), after, echo); !bytes.Equal(got, want) {
			t.Fatalf("identification %d:\n got %x\nwant %x", before.Id, got, want)
		}
	}
}

func TestUDPZeroChecksum(t *testing.T) {
	ip := ipv4(layers.IPProtocolUDP)
	packet := build(t, ethernet(layers.EthernetTypeIPv4), ip, udp(t, ip, 40001, 53), request)
	const checksum = 14 + 20 + 6
	clear(packet[checksum : checksum+2])

	_, got := run(t, load(t, loadUdpZeroChecksum, nil).Programs["udp_zero_checksum"], packet)
	if bytes.Equal(got[checksum:checksum+2], []byte{0, 0}) {
		t.Error("the checksum is still 0")
	} else if !hasWrongChecksum(t, got) {
		t.Error("the checksum is right")
	} else {
		t.Log("a datagram without a checksum has a wrong one now")
	}

	_, got = run(t, load(t, loadRewrite, backend(5353)).Programs["rewrite_ipv4"], packet)
	if !bytes.Equal(got[checksum:checksum+2], []byte{0, 0}) {
		t.Errorf("the right code made the checksum %x", got[checksum:checksum+2])
	}
}

// hasWrongChecksum has gopacket compute the checksum of a packet's UDP header anew.
func hasWrongChecksum(t *testing.T, data []byte) bool {
	t.Helper()
	decoded := gopacket.NewPacket(data, layers.LayerTypeEthernet, gopacket.Default)
	ip := decoded.Layer(layers.LayerTypeIPv4).(*layers.IPv4)
	header := decoded.Layer(layers.LayerTypeUDP).(*layers.UDP)
	again := udp(t, ip, header.SrcPort, header.DstPort)
	rebuilt := build(t, again, gopacket.Payload(header.Payload))
	return binary.BigEndian.Uint16(rebuilt[6:]) != header.Checksum
}
