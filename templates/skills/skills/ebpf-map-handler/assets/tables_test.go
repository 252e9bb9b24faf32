// SPDX-License-Identifier: Apache-2.0

package bpfmaps

import (
	"errors"
	"net/netip"
	"testing"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	deletewhileiterating "example.com/my-cnf/internal/ebpf-map-handler/pitfalls/delete-while-iterating"
	handwrittenkey "example.com/my-cnf/internal/ebpf-map-handler/pitfalls/hand-written-key"
	lastbatch "example.com/my-cnf/internal/ebpf-map-handler/pitfalls/last-batch"
	percpuscalar "example.com/my-cnf/internal/ebpf-map-handler/pitfalls/per-cpu-scalar"
	readmodifywrite "example.com/my-cnf/internal/ebpf-map-handler/pitfalls/read-modify-write"
	smallbatch "example.com/my-cnf/internal/ebpf-map-handler/pitfalls/small-batch"
)

func newTable(t *testing.T, entries int) *ebpf.Map {
	t.Helper()
	return newMap(t, &ebpf.MapSpec{Type: ebpf.Hash, KeySize: 4, ValueSize: 8, MaxEntries: uint32(entries)})
}

func count(t *testing.T, table *ebpf.Map) int {
	t.Helper()
	entries := 0
	if err := readAll(table, func(uint32, uint64) { entries++ }); err != nil {
		t.Fatal(err)
	}
	return entries
}

func TestExpire(t *testing.T) {
	const entries = 5000
	table := newTable(t, entries)
	fill(t, table, entries)
	if err := expire[uint32](table, func(lastSeen uint64) bool { return lastSeen < entries/2 }); err != nil {
		t.Fatal(err)
	}
	if left := count(t, table); left != entries/2 {
		t.Errorf("%d entries left, want %d", left, entries/2)
	}
}

func TestRemovePassesOverWhatIsGone(t *testing.T) {
	table := newTable(t, 16)
	fill(t, table, 4)
	if err := remove(table, []uint32{100, 0, 101, 1, 2, 102}); err != nil {
		t.Fatal(err)
	}
	if left := count(t, table); left != 1 {
		t.Errorf("%d entries left, want 1", left)
	}
}

func TestDeleteWhileIterating(t *testing.T) {
	const entries = 1000
	table := newTable(t, entries)
	fill(t, table, entries)
	err := deletewhileiterating.Expire(table, entries/2)
	if !errors.Is(err, ebpf.ErrIterationAborted) {
		t.Errorf("got %v, want the iteration aborted", err)
	} else {
		t.Logf("%v, %d entries left", err, count(t, table))
	}
}

func TestLastBatch(t *testing.T) {
	table := newTable(t, 10)
	fill(t, table, 10)
	entries := 0
	if err := lastbatch.Read(table, func(uint32, uint64) { entries++ }); err != nil {
		t.Fatal(err)
	}
	if entries != 0 {
		t.Errorf("read %d entries", entries)
	} else {
		t.Logf("read %d of 10 entries", entries)
	}
	if entries := count(t, table); entries != 10 {
		t.Errorf("readAll: %d entries, want 10", entries)
	}
}

func TestSmallBatch(t *testing.T) {
	const entries = 1 << 12
	table := newTable(t, entries)
	fill(t, table, entries)
	err := smallbatch.Read(table, func(uint32, uint64) {})
	if !errors.Is(err, unix.ENOSPC) {
		t.Errorf("got %v, want no space", err)
	} else {
		t.Log(err)
	}
	if got := count(t, table); got != entries {
		t.Errorf("readAll: %d entries, want %d", got, entries)
	}
}

func TestReadModifyWrite(t *testing.T) {
	table := newMap(t, &ebpf.MapSpec{Type: ebpf.Hash, KeySize: 4, ValueSize: 16, MaxEntries: 1})
	put(t, table, uint32(0), readmodifywrite.Stats{Packets: 1})
	err := readmodifywrite.Mark(table, 0, func() {
		put(t, table, uint32(0), readmodifywrite.Stats{Packets: 2})
	})
	if err != nil {
		t.Fatal(err)
	}
	var stats readmodifywrite.Stats
	if err := table.Lookup(uint32(0), &stats); err != nil {
		t.Fatal(err)
	}
	if stats.Packets != 1 {
		t.Errorf("%d packets", stats.Packets)
	} else {
		t.Logf("counted %d of 2 packets", stats.Packets)
	}
}

func TestHandWrittenKey(t *testing.T) {
	spec, err := loadRuleset()
	if err != nil {
		t.Fatal(err)
	}
	rules := newMap(t, spec.Maps["rulesets"].InnerMap)
	if _, err := handwrittenkey.Lookup(rules, [4]byte{10, 1, 2, 3}); err == nil {
		t.Error("the key was accepted")
	} else {
		t.Log(err)
	}
	put(t, rules, prefixKey(netip.MustParsePrefix("10.0.0.0/8")), uint32(1))
	var verdict uint32
	if err := rules.Lookup(prefixKey(netip.MustParsePrefix("10.1.2.3/32")), &verdict); err != nil || verdict != 1 {
		t.Errorf("with a generated key: %d, %v", verdict, err)
	}
}

func TestPerCPUScalar(t *testing.T) {
	counters := newMap(t, &ebpf.MapSpec{Type: ebpf.PerCPUArray, KeySize: 4, ValueSize: 8, MaxEntries: 1})
	if _, err := percpuscalar.Packets(counters); err == nil {
		t.Error("one number was read for all CPUs")
	} else {
		t.Log(err)
	}
	perCPU := make([]uint64, ebpf.MustPossibleCPU())
	for i := range perCPU {
		perCPU[i] = uint64(i)
	}
	put(t, counters, uint32(0), perCPU)
	var read []uint64
	if err := counters.Lookup(uint32(0), &read); err != nil || len(read) != len(perCPU) {
		t.Errorf("read %v, %v", read, err)
	}
}

// The kernel keeps the number of entries since 6.6, and tells it to programs only.
func TestEntries(t *testing.T) {
	spec, err := loadEntries()
	if err != nil {
		t.Fatal(err)
	}
	c, err := ebpf.NewCollection(spec)
	if errors.Is(err, ebpf.ErrNotSupported) {
		t.Skip("needs Linux 6.6: bpf_map_sum_elem_count")
	}
	if err != nil {
		t.Fatalf("load: %+v", err)
	}
	defer c.Close()
	fill(t, c.Maps["table"], 100)
	entries, err := c.Programs["entries"].Run(&ebpf.RunOptions{})
	if err != nil || entries != 100 {
		t.Errorf("%d entries, %v, want 100", entries, err)
	}
}
