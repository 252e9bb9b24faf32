// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/ringbuf"

	"example.com/my-cnf/internal/testnet"
)

// XDP actions, and what tc programs return for "go on".
const (
	drop   = 1
	pass   = 2
	unspec = 0xffffffff
)

// blockedPort is what the programs under test refuse.
const blockedPort = 7001

// load creates what a specification describes, with its variables set.
func load(t testing.TB, read func() (*ebpf.CollectionSpec, error), variables map[string]any, objects io.Closer) {
	t.Helper()
	spec, err := read()
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range variables {
		if err := spec.Variables[name].Set(value); err != nil {
			t.Fatalf("set %s: %v", name, err)
		}
	}
	err = spec.LoadAndAssign(objects, nil)
	if verifier := (*ebpf.VerifierError)(nil); errors.As(err, &verifier) {
		t.Fatalf("load: %+v", verifier)
	}
	if err != nil {
		t.Fatalf("load: %v", err)
	}
	// Not defer: subtests that run in parallel outlive this function.
	t.Cleanup(func() { objects.Close() })
}

// guard is the program under test and the reader of its events.
type guard struct {
	guardObjects
	events *ringbuf.Reader
}

// loadNew loads the program anew, so that no test sees what another one has counted.
func loadNew(t testing.TB) *guard {
	t.Helper()
	g := &guard{}
	load(t, loadGuard, map[string]any{"blocked_port": uint16(blockedPort)}, &g.guardObjects)
	var err error
	if g.events, err = ringbuf.NewReader(g.Drops); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.events.Close() })
	return g
}

// run gives a program one packet.
func run(t testing.TB, program *ebpf.Program, packet []byte) (verdict uint32) {
	t.Helper()
	verdict, err := program.Run(&ebpf.RunOptions{Data: packet, Repeat: 1})
	if err != nil {
		t.Fatalf("run on %d bytes: %v\n%x", len(packet), err, packet)
	}
	return verdict
}

// counted is the whole map, so that a test also sees what should not have been counted.
func (g *guard) counted(t testing.TB) map[uint32]uint64 {
	t.Helper()
	counts := map[uint32]uint64{}
	var action uint32
	var packets []uint64
	entries := g.Actions.Iterate()
	for entries.Next(&action, &packets) {
		for _, cpu := range packets {
			if cpu > 0 {
				counts[action] += cpu
			}
		}
	}
	if err := entries.Err(); err != nil {
		t.Fatalf("read actions: %v", err)
	}
	return counts
}

// reported takes the events that are there. A deadline in the past never waits: the
// programs have run to their end when this is called.
func (g *guard) reported(t testing.TB) (events []guardDrop) {
	t.Helper()
	g.events.SetDeadline(time.Unix(1, 0))
	for {
		record, err := g.events.Read()
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return events
		}
		if err != nil {
			t.Fatalf("read event: %v", err)
		}
		var event guardDrop
		if err := binary.Read(bytes.NewReader(record.RawSample), binary.NativeEndian, &event); err != nil {
			t.Fatalf("decode event: %v", err)
		}
		events = append(events, event)
	}
}

// eventually waits for what the kernel or the runtime does in its own time.
func eventually(t testing.TB, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(testnet.Patience); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not seen: %s", what)
		}
	}
}
