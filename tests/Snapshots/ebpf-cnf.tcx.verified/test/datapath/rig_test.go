// SPDX-License-Identifier: Apache-2.0

// Package datapath runs the BPF programs on packets made for the purpose, without a
// network, and compares all that they count with the reference decoder.
package datapath

import (
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/ringbuf"
	"golang.org/x/sys/unix"

	"example.com/my-cnf/internal/datapath"
	"example.com/my-cnf/test/reference"
)

// entry is one program of this hook; hook_test.go lists them.
type entry struct {
	program   string
	direction string
	// decode says what the program should make of the input.
	decode func(input []byte) reference.Packet
	// length is how many bytes of the input the program counts.
	length func(input []byte) int
	// input turns a frame into what the program is run on; nil when the program never
	// sees such a frame.
	input func(frame []byte) []byte
	// refused tells whether the kernel may refuse to run the program on the input.
	refused func(input []byte) bool
	pass    uint32
}

// rig is the hook's programs and maps, loaded but attached to nothing.
type rig struct {
	*ebpf.Collection
	names  datapath.Names
	events *ringbuf.Reader
}

// load loads the programs; change adapts maps and variables before.
func load(t testing.TB, change func(*ebpf.CollectionSpec)) *rig {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Fatal("loading BPF programs needs root: run the test with sudo")
	}
	spec, err := datapath.Spec()
	must(t, err)
	must(t, spec.Variables["events_enabled"].Set(true))
	change(spec)

	r := &rig{}
	r.names, err = datapath.NamesOf(spec)
	must(t, err)
	r.Collection, err = ebpf.NewCollection(spec)
	var verifier *ebpf.VerifierError
	if errors.As(err, &verifier) {
		t.Fatalf("load programs: %+v", verifier)
	}
	must(t, err)
	t.Cleanup(r.Close)

	r.events, err = ringbuf.NewReader(r.Maps["events"])
	must(t, err)
	t.Cleanup(func() { r.events.Close() })
	return r
}

// small makes the flow table as small as tests need it: it is read after every packet.
func small(spec *ebpf.CollectionSpec) { check(datapath.SizeFlowTable(spec, 1024)) }

// run gives one packet to a program. Repeat stays 1: Go's preemption signals make
// the kernel run more than one repetition again now and then.
func (r *rig) run(t testing.TB, e entry, input []byte) (accepted bool) {
	t.Helper()
	action, err := r.Programs[e.program].Run(&ebpf.RunOptions{Data: input, Repeat: 1})
	if errors.Is(err, unix.EINVAL) && e.refused(input) {
		return false
	}
	if err != nil {
		t.Fatalf("run %s on %d bytes: %v\n%x", e.program, len(input), err, input)
	}
	if action != e.pass {
		t.Fatalf("%s returned %d for %x, want %d", e.program, action, input, e.pass)
	}
	return true
}

// snapshot is everything that the programs counted.
type snapshot struct {
	flows    map[flowKey]flowCount
	totals   map[totalKey]total
	counters map[string]uint64
	events   []event
}

type flowKey struct {
	reference.Key
	direction string
}

type flowCount struct {
	packets, bytes uint64
	tcpFlags       uint32
}

type totalKey struct{ direction, verdict, reason string }

type total struct{ packets, bytes uint64 }

type event struct {
	kind  string
	key   flowKey
	count flowCount
}

func (e event) String() string { return fmt.Sprintf("%s %+v %+v", e.kind, e.key, e.count) }

// clock is what bpf_ktime_get_ns reads.
func clock() time.Duration {
	var now unix.Timespec
	check(unix.ClockGettime(unix.CLOCK_MONOTONIC, &now))
	return time.Duration(now.Nano())
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
