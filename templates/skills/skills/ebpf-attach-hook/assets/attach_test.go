// SPDX-License-Identifier: Apache-2.0

package attach

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"

	"example.com/my-cnf/internal/testnet"
)

// datagrams that every test sends in each direction.
const datagrams = 3

// load creates what a specification describes, with its variables set.
func load(t *testing.T, read func() (*ebpf.CollectionSpec, error), objects any, variables map[string]any) {
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
	if err := spec.LoadAndAssign(objects, nil); err != nil {
		t.Fatalf("load: %+v", err)
	}
}

func loadCounter(t *testing.T) *countObjects {
	t.Helper()
	objects := &countObjects{}
	load(t, loadCount, objects, nil)
	t.Cleanup(func() { objects.Close() })
	return objects
}

// value reads a global variable.
func value(t *testing.T, variable *ebpf.Variable) (value uint64) {
	t.Helper()
	if err := variable.Get(&value); err != nil {
		t.Fatalf("read variable: %v", err)
	}
	return value
}

func veth(t *testing.T) (left, right testnet.End) {
	t.Helper()
	return testnet.Veth(t, testnet.New(t), testnet.New(t))
}

func index(t *testing.T, end testnet.End) int {
	t.Helper()
	return end.Link(t, end.Name).Attrs().Index
}

// attachIn attaches on the inside of a namespace: an index means nothing outside.
func attachIn(t *testing.T, n *testnet.Namespace, attach func() (link.Link, error)) (attached link.Link, err error) {
	t.Helper()
	err = n.Do(func() error {
		var err error
		attached, err = attach()
		return err
	})
	return attached, err
}

func mustAttach(t *testing.T, n *testnet.Namespace, attach func() (link.Link, error)) link.Link {
	t.Helper()
	attached, err := attachIn(t, n, attach)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { attached.Close() })
	return attached
}

// tcx attaches to what an end receives, or skips where the kernel has no tcx.
func tcx(t *testing.T, end testnet.End, program *ebpf.Program) {
	t.Helper()
	attached, err := attachIn(t, end.Namespace, func() (link.Link, error) {
		return link.AttachTCX(link.TCXOptions{Interface: index(t, end), Program: program, Attach: ebpf.AttachTCXIngress})
	})
	if errors.Is(err, link.ErrNotSupported) {
		t.Skip("needs Linux 6.6: tcx")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { attached.Close() })
}

// xdp returns how to attach to an end.
func xdp(t *testing.T, end testnet.End, program *ebpf.Program) func() (link.Link, error) {
	t.Helper()
	index := index(t, end)
	return func() (link.Link, error) {
		return link.AttachXDP(link.XDPOptions{Program: program, Interface: index, Flags: link.XDPGenericMode})
	}
}

func hasXDP(t *testing.T, end testnet.End) bool {
	t.Helper()
	state := end.Link(t, end.Name).Attrs().Xdp
	return state != nil && state.Attached
}

// eventually waits for what the kernel or the runtime does in its own time.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(testnet.Patience); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not seen: %s", what)
		}
	}
}

// pinPath is a place for a pin that goes with the test.
func pinPath(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("/sys/fs/bpf", "attach")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	return filepath.Join(folder, "link")
}
