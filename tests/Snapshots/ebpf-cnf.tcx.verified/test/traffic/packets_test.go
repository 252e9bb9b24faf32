// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	"example.com/my-cnf/internal/testnet"
	"example.com/my-cnf/test/reference"
)

const messages, size = 5, 200

// Everything at once: the flow table and the totals must be what the tap recorded, and what
// the tap recorded must be what was sent.
func TestEveryPacketIsCounted(t *testing.T) {
	b := place(t)
	p := b.start(t, "--events")
	want := testEveryPacket(t, b, p, sees)

	// One event for each flow that began and for each TCP flow that ended.
	closed := 0
	for key := range want.flows {
		if key.Protocol == 6 {
			closed++
		}
	}
	eventually(t, func() error {
		gotNew, gotClosed := strings.Count(p.log(), " kind=new "), strings.Count(p.log(), " kind=closed ")
		if gotNew != len(want.flows) || gotClosed != closed {
			return fmt.Errorf("%d flows began and %d ended, want %d and %d", gotNew, gotClosed, len(want.flows), closed)
		}
		return nil
	})
	p.stop()
}

func testEveryPacket(t *testing.T, b *bench, p *process, sees view) expectation {
	t.Helper()
	recorded := tap(t, b)
	for _, version := range []int{4, 6} {
		testnet.Ping(t, b.near, b.far, version, messages, size)
		testnet.UDP(t, b.near, b.far, version, messages, size)
		testnet.TCP(t, b.near, b.far, version, messages, size)
	}
	want := expectCounted(t, p, recorded, sees)

	// Numbers that follow from what was sent, lest tap and program be wrong together.
	for _, direction := range directions {
		for _, version := range []int{4, 6} {
			expectSent(t, want, direction, version)
		}
	}
	eventually(t, func() error {
		if got := p.metrics()["cnf_flow_entries"]; got != float64(len(want.flows)) {
			return fmt.Errorf("cnf_flow_entries is %v, want %d", got, len(want.flows))
		}
		return nil
	})
	if got := p.metrics()["cnf_flow_insertions_total"]; got != float64(len(want.flows)) {
		t.Errorf("cnf_flow_insertions_total is %v, want %d", got, len(want.flows))
	}
	return want
}

// expectSent compares with what was sent: ICMP and UDP packets are known exactly; TCP may
// acknowledge more often, but has at least a packet for each message, and opens and closes.
func expectSent(t *testing.T, want expectation, direction string, version int) {
	t.Helper()
	icmp := map[int]uint8{4: 1, 6: 58}[version]
	got := map[uint8]count{}
	for key, c := range want.flows {
		if key.direction == direction && (version == 6) == key.Source.Is6() {
			sum := got[key.Protocol]
			got[key.Protocol] = count{sum.packets + c.packets, sum.bytes + c.bytes, sum.flags | c.flags}
		}
	}
	if got[icmp].packets != messages || got[17].packets != messages {
		t.Errorf("IPv%d %s: %d pings and %d datagrams, want %d of both", version, direction, got[icmp].packets, got[17].packets, messages)
	}
	const ackPushSynFin = 0x1b
	if got[6].packets < messages+2 || got[6].flags != ackPushSynFin {
		t.Errorf("IPv%d %s: %d TCP packets with flags %#x, want %d or more with %#x", version, direction, got[6].packets, got[6].flags, messages+2, ackPushSynFin)
	}
	if overhead := got[17].bytes - messages*size; overhead < messages*(20+8) || overhead > messages*(14+40+8) {
		t.Errorf("IPv%d %s: %d bytes in datagrams of %d bytes", version, direction, got[17].bytes, messages*size)
	}
}

// rawFrames are what no socket sends: tags within the frame, packets that are cut off or lie,
// and what is not IP at all.
func rawFrames(b *bench) [][]byte {
	ipv4 := slices.Concat(
		[]byte{0x45, 0, 0, 48, 0, 1, 0, 0, 64, 17, 0, 0}, b.far.IPv4.AsSlice(), b.near.IPv4.AsSlice(),
		[]byte{0x13, 0x88, 0x13, 0x89, 0, 28, 0, 0}, make([]byte, 20))
	frame := func(kind uint16, tags []uint16, packet []byte) []byte {
		// To somebody else, so that no socket and no ICMP error answers.
		out := slices.Concat([]byte{2, 0, 0, 0, 0, 9}, []byte(b.far.MAC))
		for _, tag := range tags {
			out = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(out, 0x8100), tag)
		}
		return append(binary.BigEndian.AppendUint16(out, kind), packet...)
	}
	const ip4, experimental = 0x0800, 0x88b5
	lying := slices.Clone(ipv4)
	lying[3] = 200
	short := slices.Clone(ipv4)
	short[0] = 0x44
	return [][]byte{
		frame(ip4, nil, ipv4),
		frame(ip4, []uint16{100}, ipv4),
		frame(ip4, []uint16{100, 200}, ipv4),
		frame(ip4, []uint16{100, 200, 300}, ipv4),
		frame(ip4, nil, lying),
		frame(ip4, nil, short),
		frame(ip4, nil, ipv4[:19]),
		frame(experimental, nil, make([]byte, 46)),
	}
}

// expectRaw sends the frames from far to near and compares with what a tap recorded.
func expectRaw(t *testing.T, b *bench, recorded *testnet.Tap, sees view, reasons map[string]uint64) {
	t.Helper()
	p := b.start(t)
	b.far.Inject(t, rawFrames(b)...)
	want := expectCounted(t, p, recorded, sees)
	for reason, packets := range reasons {
		if got := want.totals[totalKey{"ingress", reason}].packets; got != packets {
			t.Errorf("%d packets with reason %s, want %d", got, reason, packets)
		}
	}
	p.stop()
}

// allRaw is what a hook that sees whole frames makes of rawFrames.
var allRaw = map[string]uint64{
	reference.None: 3, reference.VLANDepth: 1, reference.BadLength: 1, reference.BadIPv4Header: 1,
	reference.Truncated: 1, reference.NotIP: 1,
}

// expectTotals compares the packets of one direction; the other must have none.
func expectTotals(p *process, direction string, packets uint64) error {
	totals := countedTotals(p)
	if got := totals[totalKey{direction, reference.None}].packets; got != packets || len(totals) != 1 {
		return fmt.Errorf("got %+v, want %d packets at %s", totals, packets, direction)
	}
	return nil
}

// testVLAN sends between VLAN devices and compares what is seen of their parents, whose flows must
// have the ID wanted.
func testVLAN(t *testing.T, b *bench, near, far testnet.End, id uint16) {
	t.Helper()
	p := b.start(t)
	recorded := tap(t, b)
	for _, version := range []int{4, 6} {
		testnet.Ping(t, near, far, version, messages, size)
		testnet.UDP(t, near, far, version, messages, size)
		testnet.TCP(t, near, far, version, messages, size)
	}
	want := expectCounted(t, p, recorded, sees)
	if len(want.flows) == 0 {
		t.Error("the tap recorded nothing")
	}
	for key := range want.flows {
		if key.VLAN != id {
			t.Errorf("flow %+v has VLAN %d, want %d", key, key.VLAN, id)
		}
	}
	p.stop()
}
