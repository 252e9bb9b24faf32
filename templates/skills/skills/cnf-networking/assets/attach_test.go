// SPDX-License-Identifier: Apache-2.0

package network

import (
	"errors"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"example.com/my-cnf/internal/testnet"
)

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

// redirectTo makes programs that redirect to a device, and where that matters to a MAC address.
func redirectTo(t *testing.T, target testnet.End, mac [6]uint8) *redirectObjects {
	t.Helper()
	objects := &redirectObjects{}
	load(t, loadRedirect, objects, map[string]any{"target": index(t, target), "mac": mac})
	t.Cleanup(func() { objects.Close() })
	return objects
}

func newSeen(t *testing.T) *seenObjects {
	t.Helper()
	objects := &seenObjects{}
	load(t, loadSeen, objects, nil)
	t.Cleanup(func() { objects.Close() })
	return objects
}

// value reads a global variable.
func value[T any](t *testing.T, variable *ebpf.Variable) (value T) {
	t.Helper()
	if err := variable.Get(&value); err != nil {
		t.Fatalf("read variable: %v", err)
	}
	return value
}

const (
	ingress = ebpf.AttachTCXIngress
	egress  = ebpf.AttachTCXEgress
)

// attach uses tcx, or a clsact filter where the kernel has no tcx.
func attach(t *testing.T, end testnet.End, side ebpf.AttachType, program *ebpf.Program) (detach func()) {
	t.Helper()
	target := int(index(t, end))
	var attached link.Link
	err := end.Do(func() (err error) {
		attached, err = link.AttachTCX(link.TCXOptions{Interface: target, Program: program, Attach: side})
		return err
	})
	if errors.Is(err, link.ErrNotSupported) {
		return attachFilter(t, end, side, program)
	}
	if err != nil {
		t.Fatalf("attach to %s: %v", end.Name, err)
	}
	t.Cleanup(func() { attached.Close() })
	return func() { attached.Close() }
}

func attachFilter(t *testing.T, end testnet.End, side ebpf.AttachType, program *ebpf.Program) (detach func()) {
	t.Helper()
	target := int(index(t, end))
	qdisc := &netlink.GenericQdisc{
		QdiscAttrs: netlink.QdiscAttrs{LinkIndex: target, Handle: netlink.MakeHandle(0xffff, 0), Parent: netlink.HANDLE_CLSACT},
		QdiscType:  "clsact",
	}
	parent := uint32(netlink.HANDLE_MIN_INGRESS)
	if side == egress {
		parent = netlink.HANDLE_MIN_EGRESS
	}
	filter := &netlink.BpfFilter{
		FilterAttrs:  netlink.FilterAttrs{LinkIndex: target, Parent: parent, Priority: 1, Handle: 1, Protocol: unix.ETH_P_ALL},
		Fd:           program.FD(),
		Name:         "skill",
		DirectAction: true,
	}
	err := end.Do(func() error {
		return errors.Join(netlink.QdiscReplace(qdisc), netlink.FilterAdd(filter))
	})
	if err != nil {
		t.Fatalf("attach filter to %s: %v", end.Name, err)
	}
	return func() {
		if err := end.Do(func() error { return netlink.FilterDel(filter) }); err != nil {
			t.Errorf("remove filter of %s: %v", end.Name, err)
		}
	}
}

// attachNetkit attaches to a side of the pair whose primary the end is.
func attachNetkit(t *testing.T, primary testnet.End, side ebpf.AttachType, program *ebpf.Program) {
	t.Helper()
	target := int(index(t, primary))
	err := primary.Do(func() error {
		attached, err := link.AttachNetkit(link.NetkitOptions{Interface: target, Program: program, Attach: side})
		if err == nil {
			t.Cleanup(func() { attached.Close() })
		}
		return err
	})
	if err != nil {
		t.Fatalf("attach to %s: %v", primary.Name, err)
	}
}

func attachXDP(t *testing.T, end testnet.End, mode link.XDPAttachFlags, program *ebpf.Program) {
	t.Helper()
	target := int(index(t, end))
	err := end.Do(func() error {
		attached, err := link.AttachXDP(link.XDPOptions{Interface: target, Program: program, Flags: mode})
		if err == nil {
			t.Cleanup(func() { attached.Close() })
		}
		return err
	})
	if err != nil {
		t.Fatalf("attach to %s: %v", end.Name, err)
	}
}

// watchDrops counts the drops of a namespace.
func watchDrops(t *testing.T, n *testnet.Namespace) *dropsObjects {
	t.Helper()
	objects := &dropsObjects{}
	load(t, loadDrops, objects, map[string]any{"namespace": inode(t, n)})
	t.Cleanup(func() { objects.Close() })
	for _, program := range []*ebpf.Program{objects.Dropped, objects.CountNoSocket} {
		trace(t, program)
	}
	return objects
}

func trace(t *testing.T, program *ebpf.Program) {
	t.Helper()
	attached, err := link.AttachTracing(link.TracingOptions{Program: program})
	if err != nil {
		t.Fatalf("attach to tracepoint: %v", err)
	}
	t.Cleanup(func() { attached.Close() })
}

// dropsOf returns what was dropped at a device, by reason.
func dropsOf(t *testing.T, objects *dropsObjects, end testnet.End) map[string]uint64 {
	t.Helper()
	drops, err := readDrops(objects)
	if err != nil {
		t.Fatal(err)
	}
	return drops[index(t, end)]
}
