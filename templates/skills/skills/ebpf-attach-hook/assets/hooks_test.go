// SPDX-License-Identifier: Apache-2.0

package attach

import (
	"context"
	"errors"
	"os"
	"slices"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"example.com/my-cnf/internal/testnet"
)

// attachedTo lists the programs at tcx ingress, nil where the kernel has no tcx.
func attachedTo(t *testing.T, end testnet.End) (programs []ebpf.ProgramID, revision uint64) {
	t.Helper()
	target := index(t, end)
	err := end.Do(func() error {
		list, err := link.QueryPrograms(link.QueryOptions{Target: target, Attach: ebpf.AttachTCXIngress})
		if err != nil {
			return err
		}
		revision = list.Revision
		for _, program := range list.Programs {
			programs = append(programs, program.ID)
		}
		return nil
	})
	if errors.Is(err, unix.EINVAL) || errors.Is(err, link.ErrNotSupported) {
		return nil, 0
	}
	if err != nil {
		t.Fatal(err)
	}
	return programs, revision
}

func id(t *testing.T, program *ebpf.Program) ebpf.ProgramID {
	t.Helper()
	info, err := program.Info()
	if err != nil {
		t.Fatal(err)
	}
	id, ok := info.ID()
	if !ok {
		t.Fatal("the kernel tells no program IDs")
	}
	return id
}

func TestCountUntil(t *testing.T) {
	left, right := veth(t)
	tcx(t, right, loadCounter(t).CountTc) // skips where there is no tcx

	target := index(t, left)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	type result struct {
		packets uint64
		err     error
	}
	counted := make(chan result, 1)
	go func() {
		var r result
		r.err = left.Do(func() error {
			var err error
			r.packets, err = countUntil(ctx, target)
			return err
		})
		counted <- r
	}()
	eventually(t, "a program on left0", func() bool {
		programs, _ := attachedTo(t, left)
		return len(programs) == 1
	})
	testnet.UDP(t, left, right, 4, datagrams, 100)
	cancel()
	if r := <-counted; r.err != nil || r.packets != datagrams {
		t.Errorf("counted %d packets, %v, want %d", r.packets, r.err, datagrams)
	}
	if programs, _ := attachedTo(t, left); len(programs) != 0 {
		t.Errorf("%d programs are left", len(programs))
	}
}

func TestAttachBehind(t *testing.T) {
	left, _ := veth(t)
	first, second, third := loadCounter(t), loadCounter(t), loadCounter(t)
	tcx(t, left, first.CountTc)
	tcx(t, left, third.CountTc)
	target, anchor := index(t, left), id(t, first.CountTc)
	mustAttach(t, left.Namespace, func() (link.Link, error) { return attachBehind(second.CountTc, target, anchor) })

	want := []ebpf.ProgramID{anchor, id(t, second.CountTc), id(t, third.CountTc)}
	programs, revision := attachedTo(t, left)
	if !slices.Equal(programs, want) {
		t.Errorf("programs %v, want %v", programs, want)
	}
	// It begins at 1, and each change adds one.
	if revision != 4 {
		t.Errorf("revision %d, want 4", revision)
	}
	_, err := attachIn(t, left.Namespace, func() (link.Link, error) {
		return link.AttachTCX(link.TCXOptions{
			Interface: target, Program: loadCounter(t).CountTc, Attach: ebpf.AttachTCXIngress, ExpectedRevision: revision - 1,
		})
	})
	if !errors.Is(err, unix.ESTALE) {
		t.Errorf("with an old revision: %v, want ESTALE", err)
	}
}

func TestNetkitSides(t *testing.T) {
	left, right, err := testnet.Netkit(t, testnet.New(t), testnet.New(t), netlink.NETKIT_MODE_L3)
	if err != nil {
		skipWithoutNetkit(t)
	}
	for side, count := range map[ebpf.AttachType]*countObjects{
		ebpf.AttachNetkitPrimary: loadCounter(t), ebpf.AttachNetkitPeer: loadCounter(t),
	} {
		primary := index(t, left)
		mustAttach(t, left.Namespace, func() (link.Link, error) {
			return link.AttachNetkit(link.NetkitOptions{Interface: primary, Program: count.CountTc, Attach: side})
		})
		defer func() {
			if packets := value(t, count.Packets); packets != datagrams {
				t.Errorf("%v counted %d packets, want %d", side, packets, datagrams)
			}
		}()
	}
	testnet.UDP(t, left, right, 4, datagrams, 100)
}

func skipWithoutNetkit(t *testing.T) {
	t.Helper()
	if os.Getenv("CNF_SKILLS_HOST") != "" {
		t.Skip("host: its kernel has no netkit")
	}
	t.Skip("needs Linux 6.7: netkit")
}

func TestFentry(t *testing.T) {
	if os.Getenv("CNF_SKILLS_HOST") != "" {
		t.Skip("host: its kernel refuses fentry")
	}
	const length = 1237
	var objects traceObjects
	load(t, loadTrace, &objects, map[string]any{"wanted": uint64(length)})
	defer objects.Close()
	for _, program := range []*ebpf.Program{objects.UdpCalled, objects.UdpSent} {
		attached, err := attachTracing(program)
		if err != nil {
			t.Fatal(err)
		}
		defer attached.Close()
	}
	left, right := veth(t)
	testnet.UDP(t, left, right, 4, datagrams, length)
	if called, sent := value(t, objects.Called), value(t, objects.Sent); called != 2*datagrams || sent != 2*datagrams {
		t.Errorf("%d calls, %d datagrams, want %d", called, sent, 2*datagrams)
	}
}

func TestKprobe(t *testing.T) {
	if os.Getenv("CNF_SKILLS_HOST") != "" {
		t.Skip("host: its kernel has no kprobes")
	}
	const length = 1237
	var objects probeObjects
	load(t, loadProbe, &objects, map[string]any{"wanted": uint64(length)})
	defer objects.Close()
	begin, end, err := attachProbes(&objects, "udp_sendmsg")
	if err != nil {
		t.Fatal(err)
	}
	defer begin.Close()
	defer end.Close()
	left, right := veth(t)
	testnet.UDP(t, left, right, 4, datagrams, length)
	if called, sent := value(t, objects.Called), value(t, objects.Sent); called != 2*datagrams || sent != 2*datagrams {
		t.Errorf("%d calls, %d datagrams, want %d", called, sent, 2*datagrams)
	}
}
