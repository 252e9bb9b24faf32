// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"net/netip"
	"testing"

	"github.com/gopacket/gopacket/layers"

	"example.com/my-cnf/internal/balancer"
)

const stickyLines = 1024

type stickyLine [8]uint64

func syn(h *layers.TCP) { h.SYN, h.ACK = true, false }

// Known flows stay where they are when the ring changes; new ones follow the ring.
func TestKnownFlowsStay(t *testing.T) {
	balancing(t, func(t *testing.T, b *lb) {
		before, after := service{web4, l2(1, 2, 3)}, service{web4, l2(1, 2, 3, 40)}
		b.install(before)
		was := map[int]int{}
		for i := range 200 {
			was[i], _ = b.send(packet(client(i), web4, plain))
		}
		b.install(after)
		moved := 0
		for i := range 200 {
			b.expect("a known flow", packet(client(i), web4, plain), was[i])
		}
		ring := after.ring()
		for i := range 200 {
			place := flowOf(client(200+i), web4).Place(ringSize)
			b.expect("a new flow", packet(client(200+i), web4, plain), ring[place])
			if ring[place] == 40 {
				moved++
			}
		}
		if moved < 100 {
			t.Errorf("only %d of 200 new flows got to the new backend", moved)
		}
	})
}

func flowOf(from netip.AddrPort, to balancer.Endpoint) balancer.Flow {
	return balancer.Flow{Source: from, Destination: netip.AddrPortFrom(to.Address, to.Port), Protocol: to.Protocol}
}

// A backend that drains keeps its flows, but gets no new ones, not even from a port that it knows. One that is gone keeps nothing.
func TestDrainingAndRemovedBackends(t *testing.T) {
	balancing(t, func(t *testing.T, b *lb) {
		b.install(service{web4, []backend{{number: 1, weight: 1}}})
		for i := range 50 {
			b.expect("the only backend", packet(client(i), web4, plain), 1)
		}
		b.install(service{web4, []backend{{number: 1, drains: true}, {number: 2, weight: 1}}})
		for i := range 50 {
			b.expect("a known flow while its backend drains", packet(client(i), web4, plain), 1)
			b.expect("a new flow while one drains", packet(client(100+i), web4, plain), 2)
		}
		b.expect("a new connection from a known port", packet(client(1), web4, syn), 2)
		b.expect("its second packet", packet(client(1), web4, plain), 2)
		b.install(service{web4, []backend{{number: 2, weight: 1}}})
		for i := range 50 {
			b.expect("a flow whose backend is gone", packet(client(i), web4, plain), 2)
		}
	})
}

// place is where a flow's entry is in the table.
func (b *lb) place(flow balancer.Flow) (line uint32, value stickyLine, index int) {
	b.t.Helper()
	line = uint32(flow.Hash() >> 32 * stickyLines >> 32)
	must(b.t, b.Maps["sticky"].Lookup(line, &value))
	for i := 1; i < len(value); i++ {
		if uint32(value[i]) == uint32(flow.Hash()) {
			index = i
		}
	}
	return line, value, index
}

// Should an entry of another flow look the same, the packet still goes to a backend of its own service.
func TestEntryOfAnotherServiceIsNotUsed(t *testing.T) {
	balancing(t, func(t *testing.T, b *lb) {
		b.install(service{web4, l2(1)}, service{dns4, l2(2)})
		b.expect("a new flow", packet(client(1), web4, plain), 1)
		line, value, index := b.place(flowOf(client(1), web4))
		if index == 0 {
			t.Fatal("the flow is not remembered")
		}
		value[index] = value[index]&^(0xffff<<32) | 2<<32
		must(t, b.Maps["sticky"].Put(line, value))
		b.expect("with an entry of another service", packet(client(1), web4, plain), 1)
		if _, value, _ := b.place(flowOf(client(1), web4)); value[index]>>32&0xffff != 1 {
			t.Errorf("the entry %#x was not replaced", value[index])
		}
	})
}

// sharing finds flows that share a line with the first one.
func sharing(count int) (clients []int) {
	first := flowOf(client(0), web4).Hash() >> 32 * stickyLines >> 32
	for i := 0; len(clients) < count; i++ {
		if flowOf(client(i), web4).Hash()>>32*stickyLines>>32 == first {
			clients = append(clients, i)
		}
	}
	return clients
}

// A line has room for seven flows. Those that were heard of twice are not driven out by any number of packets that come once.
func TestFloodDrivesOutNobody(t *testing.T) {
	balancing(t, func(t *testing.T, b *lb) {
		b.install(service{web4, l2(1)})
		clients := sharing(40)
		for range 2 {
			for _, i := range clients[:7] {
				b.send(packet(client(i), web4, plain))
			}
		}
		for _, i := range clients[7:] {
			b.send(packet(client(i), web4, plain))
		}
		b.install(service{web4, []backend{{number: 1}, {number: 2, weight: 1}}})
		for _, i := range clients[:7] {
			b.expect("a flow that was heard of twice", packet(client(i), web4, plain), 1)
		}
		for _, i := range clients[7:] {
			b.expect("a flow that found no room", packet(client(i), web4, plain), 2)
		}
	})
}

// Entries that were not seen for the idle timeout count no more, and the oldest make room first.
func TestIdleFlowsAreForgotten(t *testing.T) {
	const idleTicks = 900
	balancing(t, func(t *testing.T, b *lb) {
		b.install(service{web4, l2(1)})
		clients := sharing(8)
		for range 2 {
			for _, i := range clients[:7] {
				b.send(packet(client(i), web4, plain))
			}
		}
		age := func(i, ticks int) {
			line, value, index := b.place(flowOf(client(i), web4))
			value[index] -= uint64(ticks) << 48
			must(t, b.Maps["sticky"].Put(line, value))
		}
		age(clients[0], idleTicks+5)
		age(clients[1], idleTicks-5)
		age(clients[2], idleTicks/2+5)
		b.install(service{web4, []backend{{number: 1}, {number: 2, weight: 1}}})
		b.expect("a flow that was idle for too long", packet(client(clients[0]), web4, plain), 2)
		b.expect("a flow in time", packet(client(clients[1]), web4, plain), 1)
		b.expect("a flow that needs room", packet(client(clients[7]), web4, plain), 2)
		b.expect("the flow whose place it has", packet(client(clients[2]), web4, plain), 2)
		for _, i := range append(clients[3:7], clients[1]) {
			b.expect("a flow that is not idle", packet(client(i), web4, plain), 1)
		}
	})
}
