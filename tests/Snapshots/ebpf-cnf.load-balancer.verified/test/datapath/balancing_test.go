// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"

	"example.com/my-cnf/internal/balancer"
)

// What the programs read, written down once more.
type (
	serviceEntry struct {
		Address      [2]uint64
		Endpoint, ID uint64
	}
	backendEntry struct {
		Destination, Source [6]byte
		Service             uint32
		Local, Remote       [16]byte
		Interface, Mode     uint32
		Drains, Number      uint32
	}
	ringLine [32]uint16
)

const (
	modeL2, modeIPv4, modeIPv6 = 0, 1, 2
	// loopback is the interface that BPF_PROG_RUN lets packets come from.
	loopback  = 1
	xdpTX     = 3
	tcForward = 7 // TC_ACT_REDIRECT

	serviceBits = 10
	maxServices = 64
	maxBackends = 1024
	ringSize    = 1021
	ringLines   = 32
)

// lb is a rig with services. Its tables have the sizes that the object was compiled with.
type lb struct {
	*rig
	t testing.TB
	e entry
	// half is the one in use.
	half uint64
}

// balancing runs a test on the program that balances.
func balancing(t *testing.T, run func(t *testing.T, b *lb)) {
	for _, e := range entries {
		if !strings.HasSuffix(e.program, "_ingress") {
			continue
		}
		t.Run(e.program, func(t *testing.T) { run(t, &lb{rig: load(t, small), t: t, e: e}) })
	}
}

// backend is what a test says of one: the number is its last byte in all addresses.
type backend struct {
	number, weight int
	mode           uint32
	drains         bool
}

func backendAddress(number int, mode uint32) netip.Addr {
	if mode == modeIPv6 {
		return netip.MustParseAddr(fmt.Sprintf("fd00::%x", number))
	}
	return netip.AddrFrom4([4]byte{10, 0, 0, byte(number)})
}

// service is an endpoint with its backends.
type service struct {
	balancer.Endpoint
	backends []backend
}

// ring is the ring that a service should have, of numbers of backends.
func (s service) ring() []int {
	var shares []balancer.Share
	for _, b := range s.backends {
		shares = append(shares, balancer.Share{Address: backendAddress(b.number, modeL2), Weight: b.weight})
	}
	ring := balancer.Ring(shares, ringSize)
	for place, index := range ring {
		ring[place] = s.backends[index].number
	}
	return ring
}

// install fills the half that is not in use and switches.
func (b *lb) install(services ...service) {
	b.t.Helper()
	b.half ^= 1
	half := uint32(b.half)
	var endpoints []balancer.Endpoint
	for _, s := range services {
		endpoints = append(endpoints, s.Endpoint)
	}
	generation, found := balancer.Generation(endpoints, b.half, serviceBits)
	if !found {
		b.t.Fatal("no generation")
	}
	for i := range uint32(1 << serviceBits) {
		must(b.t, b.Maps["services"].Put(half<<serviceBits|i, serviceEntry{}))
	}
	for i := range uint32(maxBackends) {
		must(b.t, b.Maps["backends"].Put(half*maxBackends+i, backendEntry{}))
	}
	for i, s := range services {
		value := serviceEntry{ID: uint64(i + 1)}
		value.Address, value.Endpoint = s.Words()
		must(b.t, b.Maps["services"].Put(half<<serviceBits|uint32(s.Slot(generation, serviceBits)), value))
		lines := make([]ringLine, ringLines)
		for place, number := range s.ring() {
			lines[place/32][place%32] = uint16(number)
		}
		for line, value := range lines {
			must(b.t, b.Maps["rings"].Put((half*maxServices+uint32(i))*ringLines+uint32(line), value))
		}
		for _, backend := range s.backends {
			must(b.t, b.Maps["backends"].Put(half*maxBackends+uint32(backend.number), backend.entry(uint32(i+1))))
		}
	}
	must(b.t, b.Variables["generation"].Set(generation))
}

func (b backend) entry(service uint32) backendEntry {
	value := backendEntry{
		Destination: backendMAC(b.number), Source: [6]byte{2, 0, 0, 0, 9, 9}, Service: service, Interface: loopback, Mode: b.mode,
		Number: uint32(b.number), Remote: backendAddress(b.number, b.mode).As16(),
	}
	value.Local = netip.MustParseAddr("10.0.0.250").As16()
	if b.mode == modeIPv6 {
		value.Local = netip.MustParseAddr("fd00::250").As16()
	}
	if b.drains {
		value.Drains = 1
	}
	return value
}

func backendMAC(number int) [6]byte { return [6]byte{2, 0, 0, 1, byte(number >> 8), byte(number)} }

// send runs the program on a frame and returns what it made of it. The number is that of the backend that the
// frame goes to: 0 if it passes, -1 if it is dropped.
func (b *lb) send(frame []byte) (number int, out []byte) {
	b.t.Helper()
	out = make([]byte, len(frame)+256)
	options := &ebpf.RunOptions{Data: frame, DataOut: out, Repeat: 1}
	action, err := b.Programs[b.e.program].Run(options)
	must(b.t, err)
	out = options.DataOut
	switch action {
	case b.e.pass:
		if string(out) != string(frame) {
			b.t.Fatalf("a frame passed, but not as it was:\n%x\n%x", frame, out)
		}
		return 0, out
	case xdpTX, tcForward:
		if string(out[:4]) != "\x02\x00\x00\x01" || string(out[6:12]) != "\x02\x00\x00\x00\x09\x09" {
			b.t.Fatalf("forwarded from %x to %x", out[6:12], out[:6])
		}
		return int(binary.BigEndian.Uint16(out[4:])), out
	}
	return -1, out
}

func (b *lb) expect(what string, frame []byte, want int) []byte {
	b.t.Helper()
	got, out := b.send(frame)
	if got != want {
		b.t.Errorf("%s: got to backend %d, want %d", what, got, want)
	}
	return out
}

// client is a flow's source.
func client(i int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{198, 51, byte(100 + i>>12), byte(i >> 4)}), uint16(20000+i))
}

func clientOfIPv6(i int) netip.AddrPort {
	return netip.AddrPortFrom(netip.MustParseAddr(fmt.Sprintf("2001:db8:9::%x", i)), uint16(20000+i))
}

// packet is a frame from a client to an endpoint.
func packet(from netip.AddrPort, to balancer.Endpoint, change func(*layers.TCP)) []byte {
	source, target := net.IP(from.Addr().AsSlice()), net.IP(to.Address.AsSlice())
	kind, protocol := layers.EthernetTypeIPv4, layers.IPProtocol(to.Protocol)
	var network part
	var checked gopacket.NetworkLayer
	if to.Address.Is4() {
		ip := &layers.IPv4{Version: 4, TTL: 60, TOS: 0xb9, Protocol: protocol, SrcIP: source, DstIP: target}
		network, checked = ip, ip
	} else {
		ip := &layers.IPv6{Version: 6, HopLimit: 60, TrafficClass: 0xb9, NextHeader: protocol, SrcIP: source, DstIP: target}
		network, checked, kind = ip, ip, layers.EthernetTypeIPv6
	}
	if to.Protocol == balancer.TCP {
		header := tcp(checked, change)
		header.SrcPort, header.DstPort = layers.TCPPort(from.Port()), layers.TCPPort(to.Port)
		return build(ethernet(kind), network, header, payload(30))
	}
	header := udp(checked)
	header.SrcPort, header.DstPort = layers.UDPPort(from.Port()), layers.UDPPort(to.Port)
	return build(ethernet(kind), network, header, payload(30))
}
