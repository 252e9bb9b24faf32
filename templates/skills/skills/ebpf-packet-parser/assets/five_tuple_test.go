// SPDX-License-Identifier: Apache-2.0

package parser

import (
	"testing"

	"github.com/cilium/ebpf"
	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

var (
	hopByHop = gopacket.Payload{6, 0, 1, 4, 0, 0, 0, 0} // TCP follows, four bytes of padding
	atomic   = gopacket.Payload{17, 0, 0, 0, 0, 0, 0, 1}
	request  = gopacket.Payload("GET / HTTP/1.1")
)

func TestFiveTuple(t *testing.T) {
	ip4, ip6 := ipv4(layers.IPProtocolTCP), ipv6(layers.IPProtocolUDP)
	hop, whole := ipv6(layers.IPProtocolIPv6HopByHop), ipv6(layers.IPProtocolIPv6Fragment)
	options := ipv4(layers.IPProtocolUDP)
	options.Options = []layers.IPv4Option{{OptionType: 1}, {OptionType: 1}, {OptionType: 1}, {OptionType: 0}}

	for name, test := range map[string]struct {
		packet              []byte
		source, destination string
		protocol            uint8
		vlan                uint16
	}{
		"TCP over IPv4": {
			build(t, ethernet(layers.EthernetTypeIPv4), ip4, tcp(t, ip4, 40001, 443), request),
			"192.0.2.1:40001", "198.51.100.7:443", 6, 0,
		},
		"UDP over IPv6": {
			build(t, ethernet(layers.EthernetTypeIPv6), ip6, udp(t, ip6, 40001, 53), request),
			"[2001:db8::1]:40001", "[2001:db8::7]:53", 17, 0,
		},
		"two VLAN tags": {
			build(t, ethernet(layers.EthernetTypeQinQ), &layers.Dot1Q{VLANIdentifier: 100, Type: layers.EthernetTypeDot1Q},
				&layers.Dot1Q{VLANIdentifier: 7, Type: layers.EthernetTypeIPv4}, ip4, tcp(t, ip4, 40001, 443)),
			"192.0.2.1:40001", "198.51.100.7:443", 6, 100,
		},
		"IPv4 options": {
			build(t, ethernet(layers.EthernetTypeIPv4), options, udp(t, options, 40001, 53)),
			"192.0.2.1:40001", "198.51.100.7:53", 17, 0,
		},
		"TCP behind a hop-by-hop header": {
			build(t, ethernet(layers.EthernetTypeIPv6), hop, hopByHop, gopacket.Payload(tcpBytes(t, hop, 40001, 22))),
			"[2001:db8::1]:40001", "[2001:db8::7]:22", 6, 0,
		},
		"an atomic fragment": {
			build(t, ethernet(layers.EthernetTypeIPv6), whole, atomic, gopacket.Payload{0x9c, 0x41, 0, 53, 0, 8, 0, 0}),
			"[2001:db8::1]:40001", "[2001:db8::7]:53", 17, 0,
		},
		"a later fragment": {
			laterFragment(t), "192.0.2.1:0", "198.51.100.7:0", 17, 0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := load(t, loadFiveTuple, nil)
			run(t, c.Programs["five_tuple"], test.packet)
			key := onlyFlow(t, c.Maps["flows"])
			source, destination := endpoints(key)
			if source.String() != test.source || destination.String() != test.destination {
				t.Errorf("got %s -> %s, want %s -> %s", source, destination, test.source, test.destination)
			}
			if key.Protocol != test.protocol || key.Vlan != test.vlan {
				t.Errorf("got protocol %d, VLAN %d, want %d, %d", key.Protocol, key.Vlan, test.protocol, test.vlan)
			}
		})
	}
}

func onlyFlow(t *testing.T, flows *ebpf.Map) (key fiveTupleFlowKey) {
	t.Helper()
	var stats fiveTupleFlowStats
	entries := flows.Iterate()
	if !entries.Next(&key, &stats) {
		t.Fatalf("no flow: %v", entries.Err())
	}
	var other fiveTupleFlowKey
	if entries.Next(&other, &stats) {
		t.Fatalf("a second flow: %+v", other)
	}
	return key
}

func laterFragment(t *testing.T) []byte {
	t.Helper()
	ip := ipv4(layers.IPProtocolUDP)
	ip.FragOffset = 185
	return build(t, ethernet(layers.EthernetTypeIPv4), ip, request)
}

// tcpBytes is a TCP header that stands behind an extension header: gopacket would ask
// the layer in front of it for the pseudo-header.
func tcpBytes(t *testing.T, network gopacket.NetworkLayer, source, destination layers.TCPPort) []byte {
	t.Helper()
	return append([]byte(nil), build(t, tcp(t, network, source, destination))...)
}
