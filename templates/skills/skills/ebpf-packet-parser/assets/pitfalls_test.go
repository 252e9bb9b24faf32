// SPDX-License-Identifier: Apache-2.0

package parser

import (
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

// shot is TC_ACT_SHOT, unspec TC_ACT_UNSPEC.
const (
	shot   = 2
	unspec = ^uint32(0)
)

func TestUncheckedIHL(t *testing.T) {
	ip := ipv4(layers.IPProtocolUDP)
	packet := build(t, ethernet(layers.EthernetTypeIPv4), ip, udp(t, ip, 53, 40001), request)
	packet[14] = 4 << 4 // version 4, IHL 0

	wrong := load(t, loadUncheckedIHL, nil)
	run(t, wrong.Programs["unchecked_ihl"], packet)
	// The reader found version, IHL and TOS where it looked for ports.
	if port := counter(t, wrong, "port"); port != 4<<12 {
		t.Errorf("port %d, want %d", port, 4<<12)
	} else {
		t.Logf("port 53 of a packet with IHL 0 was read as %d", port)
	}

	right := load(t, loadFiveTuple, nil)
	run(t, right.Programs["five_tuple"], packet)
	if right.Maps["flows"].Iterate().Next(new(fiveTupleFlowKey), new(fiveTupleFlowStats)) {
		t.Error("the parser took the packet for valid")
	}
}

func TestFragmentPorts(t *testing.T) {
	packet := laterFragment(t)

	wrong := load(t, loadFragmentPorts, nil)
	run(t, wrong.Programs["fragment_ports"], packet)
	sport, dport := counter(t, wrong, "sport"), counter(t, wrong, "dport")
	if sport != 'G'<<8|'E' || dport != 'T'<<8|' ' {
		t.Errorf("ports %d -> %d, want the payload's letters", sport, dport)
	}
	t.Logf("a later fragment got ports %d -> %d, which are payload", sport, dport)

	right := load(t, loadFiveTuple, nil)
	run(t, right.Programs["five_tuple"], packet)
	if source, destination := endpoints(onlyFlow(t, right.Maps["flows"])); source.Port() != 0 || destination.Port() != 0 {
		t.Errorf("got %s -> %s, want no ports", source, destination)
	}
}

func TestFirstNextHeader(t *testing.T) {
	plain, hop := ipv6(layers.IPProtocolTCP), ipv6(layers.IPProtocolIPv6HopByHop)
	direct := build(t, ethernet(layers.EthernetTypeIPv6), plain, tcp(t, plain, 40001, 22))
	hidden := build(t, ethernet(layers.EthernetTypeIPv6), hop, hopByHop, gopacket.Payload(tcpBytes(t, hop, 40001, 22)))

	wrong := load(t, loadFirstNextHeader, nil).Programs["first_next_header"]
	if verdict, _ := run(t, wrong, direct); verdict != shot {
		t.Fatalf("verdict %d without an extension header, want the packet dropped", int32(verdict))
	}
	if verdict, _ := run(t, wrong, hidden); verdict != unspec {
		t.Fatalf("verdict %d, want the packet passed", int32(verdict))
	}
	t.Log("TCP to port 22 behind a hop-by-hop header passed a filter that drops it")

	right := load(t, loadFiveTuple, nil)
	run(t, right.Programs["five_tuple"], hidden)
	if _, destination := endpoints(onlyFlow(t, right.Maps["flows"])); destination.Port() != 22 {
		t.Errorf("got %s, want port 22", destination)
	}
}

func TestByteOrder(t *testing.T) {
	ip := ipv4(layers.IPProtocolUDP)
	c := load(t, loadByteOrder, nil)
	run(t, c.Programs["byte_order"], build(t, ethernet(layers.EthernetTypeIPv4), ip, udp(t, ip, 40001, 53)))
	if counted := counter(t, c, "counted"); counted != 0 {
		t.Errorf("counted %d", counted)
	} else {
		t.Logf("counted %d of 1 IPv4 packets", counted)
	}
}

func TestEthernetOnL3(t *testing.T) {
	ip := ipv4(layers.IPProtocolUDP)
	packet := build(t, ethernet(layers.EthernetTypeIPv4), ip, udp(t, ip, 40001, 53), request)

	// BPF_PROG_RUN takes the Ethernet header off, as the stack does on the way to a socket.
	wrong := load(t, loadEthernetOnL3, nil)
	run(t, wrong.Programs["ethernet_on_l3"], packet)
	if wrong.Maps["flows"].Iterate().Next(new(fiveTupleFlowKey), new(fiveTupleFlowStats)) {
		t.Error("found a flow")
	} else {
		t.Log("found 0 flows in 1 packet that begins with its IP header")
	}

	right := load(t, loadL3, nil)
	run(t, right.Programs["l3_socket"], packet)
	if source, destination := endpoints(onlyFlow(t, right.Maps["flows"])); source.Port() != 40001 || destination.Port() != 53 {
		t.Errorf("got %s -> %s", source, destination)
	}
}
