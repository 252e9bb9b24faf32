// SPDX-License-Identifier: Apache-2.0

package bpfmaps

import (
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"

	"example.com/my-cnf/internal/testnet"
)

func attachXDP(t *testing.T, end testnet.End, program *ebpf.Program) {
	t.Helper()
	err := end.Do(func() error {
		l, err := link.AttachXDP(link.XDPOptions{
			Interface: end.Link(t, end.Name).Attrs().Index, Program: program, Flags: link.XDPGenericMode,
		})
		if err == nil {
			t.Cleanup(func() { l.Close() })
		}
		return err
	})
	if err != nil {
		t.Fatalf("attach XDP: %v", err)
	}
}

// TestForward passes frames through a namespace from one device to another.
func TestForward(t *testing.T) {
	middle := testnet.New(t)
	sender, in := testnet.Veth(t, testnet.New(t), middle)
	out, receiver := testnet.Veth(t, middle, testnet.New(t))
	c := load(t, loadRedirect)
	from, to := in.Link(t, in.Name).Attrs().Index, out.Link(t, out.Name).Attrs().Index

	entry := redirectBpfDevmapVal{Ifindex: uint32(to)}
	// The kernel looks the interface up in the namespace of whoever fills the map.
	fill := func() error { return c.Maps["outputs"].Put(uint32(from), entry) }
	if err := testnet.New(t).Do(fill); !errors.Is(err, unix.EINVAL) {
		t.Errorf("put from another namespace: %v, want it refused", err)
	}
	if err := middle.Do(fill); err != nil {
		t.Fatalf("put interface: %v", err)
	}
	attachXDP(t, in, c.Programs["forward"])

	tap := receiver.Tap(t)
	sender.Inject(t, frame("10.77.0.1"), frame("10.77.0.1"), frame("10.77.0.1"))
	for deadline := time.Now().Add(testnet.Patience); len(tap.Frames()) < 3; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d of 3 frames arrived", len(tap.Frames()))
		}
	}
}

// TestSpread hands packets to another CPU before the stack works on them.
func TestSpread(t *testing.T) {
	left, right := testnet.Veth(t, testnet.New(t), testnet.New(t))
	c := load(t, loadRedirect)
	if verdict := run(t, c.Programs["spread"], frame("192.0.2.1")); verdict != xdpPass {
		t.Errorf("verdict %d without a CPU in the map", verdict)
	}
	put(t, c.Maps["cpus"], uint32(0), redirectBpfCpumapVal{Qsize: 192})
	if verdict := run(t, c.Programs["spread"], frame("192.0.2.1")); verdict != xdpRedirect {
		t.Errorf("verdict %d", verdict)
	}
	attachXDP(t, right, c.Programs["spread"])
	testnet.UDP(t, left, right, 4, 10, 100)
}

// accept makes a TCP connection and returns both of its ends.
func accept(t *testing.T, n *testnet.Namespace, address string) (client, server *net.TCPConn) {
	t.Helper()
	var listener net.Listener
	if err := n.Do(func() (err error) {
		listener, err = net.Listen("tcp4", address)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	dialed, err := n.Dial("tcp4", address)
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	for _, conn := range []net.Conn{dialed, accepted} {
		conn.SetDeadline(time.Now().Add(testnet.Patience))
		t.Cleanup(func() { conn.Close() })
	}
	return dialed.(*net.TCPConn), accepted.(*net.TCPConn)
}

func putSocket(t *testing.T, m *ebpf.Map, key uint32, conn *net.TCPConn) {
	t.Helper()
	raw, err := conn.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var putErr error
	// Control makes sure that the descriptor stays open meanwhile.
	if err := raw.Control(func(fd uintptr) { putErr = m.Put(key, uint64(fd)) }); err != nil || putErr != nil {
		t.Fatalf("put socket: %v, %v", err, putErr)
	}
}

// TestJoin joins two connections: nobody reads or writes at their server ends.
func TestJoin(t *testing.T) {
	n := testnet.New(t)
	c := load(t, loadSockets)
	err := link.RawAttachProgram(link.RawAttachProgramOptions{
		Target: c.Maps["joined"].FD(), Program: c.Programs["join"], Attach: ebpf.AttachSkSKBStreamVerdict,
	})
	if err != nil {
		t.Fatalf("attach to sockets: %v", err)
	}
	first, firstServer := accept(t, n, "127.0.0.1:7001")
	second, secondServer := accept(t, n, "127.0.0.1:7002")
	putSocket(t, c.Maps["joined"], 7001, secondServer)
	putSocket(t, c.Maps["joined"], 7002, firstServer)

	for _, test := range []struct {
		from, to *net.TCPConn
		text     string
	}{{first, second, "there"}, {second, first, "back"}} {
		if _, err := test.from.Write([]byte(test.text)); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, len(test.text))
		if _, err := io.ReadFull(test.to, got); err != nil || string(got) != test.text {
			t.Errorf("received %q, %v, want %q", got, err, test.text)
		}
	}
}
