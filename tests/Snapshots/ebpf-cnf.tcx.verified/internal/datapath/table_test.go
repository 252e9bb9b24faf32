// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"
	"time"
)

func TestFlowsNeverLieAcrossCacheLines(t *testing.T) {
	if entry, details := binary.Size(FlowEntry{}), binary.Size(FlowDetail{}); entry != 32 || details != 64 {
		t.Errorf("an entry has %d bytes, want 32, and its details have %d, want 64", entry, details)
	}
}

func TestEachFlowHasTwoPlaces(t *testing.T) {
	for flows, want := range map[uint32]uint32{0: 32, 1: 32, 16: 32, 17: 64, 32: 64, 65536: 131072, 65537: 262144, largestMaxFlows: 2 * largestMaxFlows} {
		if got := flowPlaces(flows); got != want {
			t.Errorf("%d flows have %d places, want %d", flows, got, want)
		}
	}
}

func TestFlowsAreRead(t *testing.T) {
	const places = 4096
	entries, details := make([]FlowEntry, places), make([]FlowDetail, places)
	inUse := []int{0, 1023, 1024, places - 1}
	for _, place := range inUse {
		entries[place] = FlowEntry{Tag: 2, Packets: 3, Bytes: 180, LastSeen: 100, Closed: 1, TcpFlags: 0x12}
		details[place] = FlowDetail{OthersPackets: uint64(place), OthersBytes: 60, FirstSeenNs: 5}
		details[place].Key.Sport = uint16(place)
	}
	entries[7].Tag, details[7].FirstSeenNs = uint32(bpfReservedTagTAG_BUSY), 5
	entries[8].Tag = 2

	var seen []int
	clock := tableClock{jiffies: 103, jiffy: 4 * time.Millisecond, monotonic: time.Second}
	err := readFlowMemory(memoryOf(t, entries), memoryOf(t, details), places, clock, func(key FlowKey, stats FlowStats) {
		place := int(key.Sport)
		seen = append(seen, place)
		want := FlowStats{Packets: 3 + uint64(place), Bytes: 240, FirstSeenNs: 5, LastSeenNs: 988_000_000, Closed: 1, TcpFlags: 0x12}
		if stats != want {
			t.Errorf("place %d: got %+v, want %+v", place, stats, want)
		}
	})
	if err != nil || !slices.Equal(seen, inUse) {
		t.Errorf("got %v, %v, want %v", seen, err, inUse)
	}
}

func TestTimesAreOfTheMonotonicClock(t *testing.T) {
	clock := tableClock{jiffies: 1000, jiffy: 4 * time.Millisecond, monotonic: 3 * time.Second}
	for jiffies, want := range map[uint64]time.Duration{1000: 3 * time.Second, 999: 2996 * time.Millisecond, 1002: 3 * time.Second, 0: 0} {
		if got := time.Duration(clock.nanoseconds(jiffies)); got != want {
			t.Errorf("jiffy %d was at %s, want %s", jiffies, got, want)
		}
	}
	early := statsOf(&FlowEntry{LastSeen: 999}, &FlowDetail{FirstSeenNs: 2_999_000_000}, clock)
	if early.LastSeenNs != early.FirstSeenNs {
		t.Errorf("a flow was seen from %d to %d", early.FirstSeenNs, early.LastSeenNs)
	}
}

func memoryOf(t *testing.T, values any) *bytes.Reader {
	t.Helper()
	var memory bytes.Buffer
	if err := binary.Write(&memory, binary.NativeEndian, values); err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(memory.Bytes())
}
