// SPDX-License-Identifier: Apache-2.0

package bpfmaps

import (
	"net/netip"
	"testing"

	"github.com/cilium/ebpf"
)

// Verdicts of tc programs, and of XDP programs.
const (
	unspec = ^uint32(0)
	shot   = uint32(2)

	xdpAborted  = uint32(0)
	xdpPass     = uint32(2)
	xdpRedirect = uint32(4)
)

// load creates what a specification describes, after prepare has changed it.
func load(t *testing.T, read func() (*ebpf.CollectionSpec, error), prepare ...func(*ebpf.CollectionSpec)) *ebpf.Collection {
	t.Helper()
	spec, err := read()
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range prepare {
		change(spec)
	}
	collection, err := ebpf.NewCollection(spec)
	if err != nil {
		t.Fatalf("load: %+v", err)
	}
	t.Cleanup(collection.Close)
	return collection
}

func newMap(t *testing.T, spec *ebpf.MapSpec) *ebpf.Map {
	t.Helper()
	m, err := ebpf.NewMap(spec)
	if err != nil {
		t.Fatalf("create map: %v", err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

// run passes a frame through a program once.
func run(t *testing.T, program *ebpf.Program, frame []byte) uint32 {
	t.Helper()
	verdict, err := program.Run(&ebpf.RunOptions{Data: frame})
	if err != nil {
		t.Fatalf("run: %v", err)
	}
	return verdict
}

// runMarked does it with a mark, as a rule of the packet filter would set it.
func runMarked(t *testing.T, program *ebpf.Program, frame []byte, mark uint32) uint32 {
	t.Helper()
	// The context is struct __sk_buff up to and including mark.
	context := struct{ Len, PktType, Mark uint32 }{Mark: mark}
	verdict, err := program.Run(&ebpf.RunOptions{Data: frame, Context: context})
	if err != nil {
		t.Fatalf("run: %v", err)
	}
	return verdict
}

func put(t *testing.T, m *ebpf.Map, key, value any) {
	t.Helper()
	if err := m.Put(key, value); err != nil {
		t.Fatalf("put into %s: %v", m, err)
	}
}

// value reads a global variable.
func value[T any](t *testing.T, collection *ebpf.Collection, name string) (value T) {
	t.Helper()
	if err := collection.Variables[name].Get(&value); err != nil {
		t.Fatalf("read %s: %v", name, err)
	}
	return value
}

// frame is an IPv4 packet without payload.
func frame(source string) []byte {
	frame := make([]byte, 64)
	frame[12] = 0x08
	ip := frame[14:]
	ip[0], ip[3], ip[8], ip[9] = 0x45, 20, 64, 253
	copy(ip[12:], netip.MustParseAddr(source).AsSlice())
	copy(ip[16:], []byte{192, 0, 2, 7})
	return frame
}

// fill puts n entries into a table with 4-byte keys and 8-byte values.
func fill(t *testing.T, table *ebpf.Map, n int) {
	t.Helper()
	keys, values := make([]uint32, n), make([]uint64, n)
	for i := range n {
		keys[i], values[i] = uint32(i), uint64(i)
	}
	if _, err := table.BatchUpdate(keys, values, nil); err != nil {
		t.Fatalf("fill table: %v", err)
	}
}
