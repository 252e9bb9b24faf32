// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"net"
	"testing"
)

func TestICMPPorts(t *testing.T) {
	wrong := load(t, loadIcmpPorts)
	if verdict := run(t, wrong.Programs["icmp_ports"], ping(t)); verdict != shot {
		t.Errorf("verdict %d", int32(verdict))
	} else {
		t.Log("a ping was dropped, although only port 2048 is blocked")
	}
	right, _ := newDatapath(t, unchanged, 2048)
	if verdict := run(t, right.objects.TcxIngress, ping(t)); verdict != next {
		t.Errorf("guard: verdict %d, want the ping passed", int32(verdict))
	}
}

func TestDropsARP(t *testing.T) {
	wrong := load(t, loadDropsARP)
	if verdict := run(t, wrong.Programs["drops_arp"], arp(t)); verdict != shot {
		t.Errorf("verdict %d", int32(verdict))
	} else {
		t.Log("an ARP request was dropped: nobody finds this machine any more")
	}
	right, _ := newDatapath(t, unchanged, 80)
	if verdict := run(t, right.objects.TcxIngress, arp(t)); verdict != next {
		t.Errorf("guard: verdict %d, want ARP passed", int32(verdict))
	}
}

func TestFailedLookup(t *testing.T) {
	wrong, right := load(t, loadFailedLookup), load(t, loadSenders)
	for i, want := range []uint32{next, next, shot} {
		packet := udp(t, net.IP{192, 0, 2, byte(i)}, 53)
		if verdict := run(t, wrong.Programs["failed_lookup"], packet); verdict != want {
			t.Errorf("sender %d: verdict %d, want %d", i, int32(verdict), int32(want))
		}
		if verdict := run(t, right.Programs["count_senders"], packet); verdict != next {
			t.Errorf("sender %d: verdict %d, want it passed", i, int32(verdict))
		}
	}
	t.Log("of 3 senders, the third is dropped: the table of senders is full")
	var unknown uint64
	if err := right.Variables["unknown_senders"].Get(&unknown); err != nil || unknown != 1 {
		t.Errorf("%d packets without a sender, want 1: %v", unknown, err)
	}
}

func TestEventPerPacket(t *testing.T) {
	const sent = 2000
	wrong := load(t, loadEventPerPacket)
	right, _ := newDatapath(t, unchanged, 53)
	packet := udp(t, client, 53)
	for range sent {
		run(t, wrong.Programs["event_per_packet"], packet)
		run(t, right.objects.TcxIngress, packet)
	}
	if events := pending(t, wrong.Maps["drop_events"]); events == 0 || events >= sent {
		t.Errorf("%d events of %d packets", events, sent)
	} else {
		t.Logf("of %d events, %d were lost, and nothing says so", sent, sent-events)
	}
	if events := pending(t, right.objects.GuardEvents); events != 1 {
		t.Errorf("guard: %d events, want 1", events)
	}
}
