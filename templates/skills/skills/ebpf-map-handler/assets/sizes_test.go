// SPDX-License-Identifier: Apache-2.0

package bpfmaps

import (
	"testing"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"
)

const sizedEntries = 1 << 12

// bytesPerEntry is what the kernel says a map takes when it is created, still empty.
func bytesPerEntry(t *testing.T, spec ebpf.MapSpec) uint64 {
	t.Helper()
	spec.MaxEntries = sizedEntries
	info, err := newMap(t, &spec).Info()
	if err != nil {
		t.Fatal(err)
	}
	bytes, ok := info.Memlock()
	if !ok {
		t.Fatalf("%v: size unknown", spec.Type)
	}
	return bytes / sizedEntries
}

func TestMemory(t *testing.T) {
	cpus := uint64(ebpf.MustPossibleCPU())
	hash := ebpf.MapSpec{Type: ebpf.Hash, KeySize: 16, ValueSize: 16}
	onDemand := hash
	onDemand.Flags = unix.BPF_F_NO_PREALLOC
	if bytesPerEntry(t, hash) == bytesPerEntry(t, onDemand) {
		t.Skip("needs Linux 6.4: memory as it really is")
	}

	for _, test := range []struct {
		spec ebpf.MapSpec
		want uint64
	}{
		{ebpf.MapSpec{Type: ebpf.Array, KeySize: 4, ValueSize: 16}, 16},
		{ebpf.MapSpec{Type: ebpf.PerCPUArray, KeySize: 4, ValueSize: 16}, 8 + cpus*16},
		{hash, 64 + 16 + 16},
		{onDemand, 16},
		{ebpf.MapSpec{Type: ebpf.PerCPUHash, KeySize: 16, ValueSize: 16}, 64 + 16 + 8 + cpus*16},
		{ebpf.MapSpec{Type: ebpf.LRUHash, KeySize: 16, ValueSize: 16}, 64 + 16 + 16},
		{ebpf.MapSpec{Type: ebpf.LRUHash, KeySize: 40, ValueSize: 40}, 64 + 40 + 40},
		{ebpf.MapSpec{Type: ebpf.LRUCPUHash, KeySize: 16, ValueSize: 16}, 64 + 16 + 8 + cpus*16},
		{ebpf.MapSpec{Type: ebpf.Queue, ValueSize: 4}, 4},
		{ebpf.MapSpec{Type: ebpf.BloomFilter, ValueSize: 4, MapExtra: 5}, 1},
	} {
		if got := bytesPerEntry(t, test.spec); got != test.want {
			t.Errorf("%v with key of %d, value of %d bytes: %d bytes, want %d", test.spec.Type, test.spec.KeySize, test.spec.ValueSize, got, test.want)
		}
	}
}
