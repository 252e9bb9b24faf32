// SPDX-License-Identifier: Apache-2.0

package attach

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"runtime"
	"slices"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	attachagain "example.com/my-cnf/internal/ebpf-attach-hook/pitfalls/attach-again"
	closepinned "example.com/my-cnf/internal/ebpf-attach-hook/pitfalls/close-pinned"
	interfacesonce "example.com/my-cnf/internal/ebpf-attach-hook/pitfalls/interfaces-once"
	linklost "example.com/my-cnf/internal/ebpf-attach-hook/pitfalls/link-lost"
	netkitpeer "example.com/my-cnf/internal/ebpf-attach-hook/pitfalls/netkit-peer"
	severedlink "example.com/my-cnf/internal/ebpf-attach-hook/pitfalls/severed-link"
	tracingupdate "example.com/my-cnf/internal/ebpf-attach-hook/pitfalls/tracing-update"
	xdpautomode "example.com/my-cnf/internal/ebpf-attach-hook/pitfalls/xdp-auto-mode"
	"example.com/my-cnf/internal/netdev"
	"example.com/my-cnf/internal/testnet"
)

func TestTCXOk(t *testing.T) {
	left, right := veth(t)
	var wrong tcxOkObjects
	load(t, loadTcxOk, &wrong, nil)
	defer wrong.Close()
	before, behind := loadCounter(t), loadCounter(t)
	tcx(t, right, before.CountTc)
	tcx(t, right, wrong.TcxOk)
	tcx(t, right, behind.CountTc)
	testnet.UDP(t, left, right, 4, datagrams, 100)

	if packets := value(t, wrong.Packets); packets != datagrams {
		t.Errorf("the wrong program counted %d packets", packets)
	}
	if packets := value(t, before.Packets); packets != datagrams {
		t.Errorf("the program in front of it counted %d packets", packets)
	}
	if packets := value(t, behind.Packets); packets != 0 {
		t.Errorf("the program behind it counted %d packets", packets)
	} else {
		t.Logf("the program behind it counted %d of %d packets", packets, datagrams)
	}
}

func TestXDPAutoMode(t *testing.T) {
	left, right := veth(t)
	for _, end := range []testnet.End{left, right} {
		end.SetMTU(t, end.Name, 9000)
	}
	program, target := loadCounter(t).CountXdp, index(t, left)
	_, err := attachIn(t, left.Namespace, func() (link.Link, error) { return xdpautomode.Attach(program, target) })
	if !errors.Is(err, unix.ERANGE) {
		t.Errorf("got %v", err)
	} else {
		t.Log(err)
	}
	mustAttach(t, left.Namespace, xdp(t, left, program))
}

func TestNetkitPeer(t *testing.T) {
	left, right, err := testnet.Netkit(t, testnet.New(t), testnet.New(t), netlink.NETKIT_MODE_L3)
	if err != nil {
		skipWithoutNetkit(t)
	}
	program, peer := loadCounter(t).CountTc, index(t, right)
	_, err = attachIn(t, right.Namespace, func() (link.Link, error) { return netkitpeer.Attach(program, peer) })
	if !errors.Is(err, unix.EACCES) {
		t.Errorf("got %v", err)
	} else {
		t.Log(err)
	}
	primary := index(t, left)
	mustAttach(t, left.Namespace, func() (link.Link, error) {
		return link.AttachNetkit(link.NetkitOptions{Interface: primary, Program: program, Attach: ebpf.AttachNetkitPeer})
	})
}

func TestLinkLost(t *testing.T) {
	left, right := veth(t)
	program, target := loadCounter(t).CountXdp, index(t, left)
	kept := mustAttach(t, right.Namespace, xdp(t, right, program))
	if err := left.Do(func() error { return linklost.Attach(program, target) }); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the link's end", func() bool {
		runtime.GC()
		return !hasXDP(t, left)
	})
	t.Log("the garbage collector has detached the program")
	if !hasXDP(t, right) {
		t.Error("the link that somebody holds has gone, too")
	}
	runtime.KeepAlive(kept)
}

func TestClosePinned(t *testing.T) {
	left, _ := veth(t)
	path := pinPath(t)
	attached := mustAttach(t, left.Namespace, xdp(t, left, loadCounter(t).CountXdp))
	if err := attached.Pin(path); err != nil {
		t.Fatal(err)
	}
	if err := closepinned.Stop(attached); err != nil {
		t.Fatal(err)
	}
	if !hasXDP(t, left) {
		t.Fatal("detached")
	}
	t.Log("still attached after Close")

	pinned, err := link.LoadPinnedLink(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(pinned.Unpin(), pinned.Close()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the link's end", func() bool { return !hasXDP(t, left) })
}

func TestAttachAgain(t *testing.T) {
	left, _ := veth(t)
	path, target := pinPath(t), index(t, left)
	first, second := loadCounter(t), loadCounter(t)
	mustAttach(t, left.Namespace, func() (link.Link, error) { return attachagain.Start(first.CountXdp, target, path) })
	_, err := attachIn(t, left.Namespace, func() (link.Link, error) { return attachagain.Start(second.CountXdp, target, path) })
	if !errors.Is(err, unix.EBUSY) {
		t.Errorf("got %v", err)
	} else {
		t.Log(err)
	}

	pinned, err := link.LoadPinnedLink(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer pinned.Close()
	if err := pinned.Update(second.CountXdp); err != nil {
		t.Fatal(err)
	}
	if now := left.Link(t, left.Name).Attrs().Xdp.ProgId; now != uint32(id(t, second.CountXdp)) {
		t.Errorf("program %d is attached", now)
	}
}

func TestSeveredLink(t *testing.T) {
	left, _ := veth(t)
	path, program := pinPath(t), loadCounter(t).CountXdp
	if err := mustAttach(t, left.Namespace, xdp(t, left, program)).Pin(path); err != nil {
		t.Fatal(err)
	}
	pinned, err := severedlink.Restart(program, path)
	if err != nil {
		t.Fatalf("while the interface is there: %v", err)
	}
	pinned.Close()

	left.Remove(t, left.Name)
	if _, err := severedlink.Restart(program, path); !errors.Is(err, unix.ENOLINK) {
		t.Errorf("got %v", err)
	} else {
		t.Log(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	again, _ := testnet.Veth(t, left.Namespace, testnet.New(t))
	if err := mustAttach(t, again.Namespace, xdp(t, again, program)).Pin(path); err != nil {
		t.Error(err)
	}
}

func TestTracingUpdate(t *testing.T) {
	var objects dispatchObjects
	load(t, loadDispatch, &objects, nil)
	defer objects.Close()
	attached, err := link.AttachRawTracepoint(link.RawTracepointOptions{Name: "net_dev_queue", Program: objects.Dispatch})
	if err != nil {
		t.Fatal(err)
	}
	defer attached.Close()
	if err := tracingupdate.Replace(attached, objects.Queued); !errors.Is(err, link.ErrNotSupported) {
		t.Errorf("got %v", err)
	} else {
		t.Log(err)
	}

	if packets := value(t, objects.Packets); packets != 0 {
		t.Errorf("counted %d packets with an empty table", packets)
	}
	if err := objects.Programs.Put(uint32(0), objects.Queued); err != nil {
		t.Fatal(err)
	}
	left, right := veth(t)
	testnet.UDP(t, left, right, 4, datagrams, 100)
	if packets := value(t, objects.Packets); packets < 2*datagrams {
		t.Errorf("counted %d packets, want %d at least", packets, 2*datagrams)
	}
}

// interfaces tells which ones it was told about.
type interfaces struct {
	added, removed chan string
}

func (i interfaces) Add(d netdev.Device) error {
	i.added <- d.Name
	return nil
}

func (i interfaces) Remove(d netdev.Device) { i.removed <- d.Name }

func TestInterfacesOnce(t *testing.T) {
	n := testnet.New(t)
	var seen []string
	if err := n.Do(func() error {
		return interfacesonce.Attach(func(name string, _ int) error {
			seen = append(seen, name)
			return nil
		})
	}); err != nil {
		t.Fatal(err)
	}

	right := interfaces{make(chan string, 1), make(chan string, 1)}
	watcher, err := netdev.NewWatcher(netdev.Options{Interfaces: []string{"/^left/"}}, right, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	followed := make(chan error, 1)
	go func() {
		followed <- n.Do(func() error {
			if err := watcher.Start(ctx); err != nil {
				return err
			}
			return watcher.Follow(ctx)
		})
	}()

	left, _ := testnet.Veth(t, n, testnet.New(t))
	if slices.Contains(seen, left.Name) {
		t.Errorf("attached to %v", seen)
	} else {
		t.Logf("%s came later and is not attached to", left.Name)
	}
	if name := <-right.added; name != left.Name {
		t.Errorf("added %s", name)
	}
	n.Remove(t, left.Name)
	if name := <-right.removed; name != left.Name {
		t.Errorf("removed %s", name)
	}
	cancel()
	if err := <-followed; err != nil {
		t.Error(err)
	}
}
