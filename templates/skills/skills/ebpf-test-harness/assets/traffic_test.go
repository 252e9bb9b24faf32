// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"

	"example.com/my-cnf/internal/testnet"
)

// pair is a namespace with a sender and one with a receiver.
func pair(t testing.TB) (left, right testnet.End) {
	t.Helper()
	return testnet.Veth(t, testnet.New(t), testnet.New(t))
}

// attach puts a program on what an end receives, until the test ends.
func attach(t testing.TB, end testnet.End, program *ebpf.Program) {
	t.Helper()
	// The index means this device only inside of its namespace.
	index := end.Link(t, end.Name).Attrs().Index
	err := end.Do(func() error {
		attached, err := link.AttachXDP(link.XDPOptions{Program: program, Interface: index, Flags: link.XDPGenericMode})
		if err == nil {
			t.Cleanup(func() { attached.Close() })
		}
		return err
	})
	if err != nil {
		t.Fatalf("attach to %s: %v", end.Name, err)
	}
}

// arrives sends a datagram to a port, and to the port above another one, which nothing
// blocks. Once that is there, the first one is there or will never be.
func arrives(t testing.TB, from, to testnet.End, port int) bool {
	t.Helper()
	receiver, mark := listen(t, to, port), listen(t, to, port+1)
	defer receiver.Close()
	defer mark.Close()
	send(t, from, receiver.LocalAddr())
	send(t, from, mark.LocalAddr())
	if !received(t, mark, testnet.Patience) {
		t.Fatal("the datagram that nothing blocks has not arrived")
	}
	// The two may have come by different CPUs.
	return received(t, receiver, 100*time.Millisecond)
}

func listen(t testing.TB, end testnet.End, port int) (socket net.PacketConn) {
	t.Helper()
	err := end.Do(func() (err error) {
		socket, err = net.ListenPacket("udp4", fmt.Sprintf("%s:%d", end.IPv4, port))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return socket
}

func send(t testing.TB, from testnet.End, to net.Addr) {
	t.Helper()
	conn, err := from.Dial("udp4", to.String())
	if err != nil {
		t.Fatal(err)
	}
	_, err = conn.Write([]byte("ping"))
	if err := errors.Join(err, conn.Close()); err != nil {
		t.Fatalf("send datagram: %v", err)
	}
}

func received(t testing.TB, socket net.PacketConn, patience time.Duration) bool {
	t.Helper()
	socket.SetReadDeadline(time.Now().Add(patience))
	_, _, err := socket.ReadFrom(make([]byte, 1500))
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("receive datagram: %v", err)
	}
	return err == nil
}

// Without the control run, any mistake in sending would look like a working guard.
func TestGuardBlocks(t *testing.T) {
	left, right := pair(t)
	if !arrives(t, left, right, blockedPort) {
		t.Fatal("the datagram does not arrive without the guard either")
	}
	g := loadNew(t)
	attach(t, right, g.Guard)
	if arrives(t, left, right, blockedPort) {
		t.Error("the datagram passed the guard")
	}
	if got, want := g.counted(t), map[uint32]uint64{drop: 1, pass: 1}; !maps.Equal(got, want) {
		t.Errorf("counted %v, want %v", got, want)
	}
}

// The tap shares no code with the program. How many packets TCP makes of a message is the
// kernel's business, so the test asks the tap instead of working it out.
func TestGuardCountsWhatIsSent(t *testing.T) {
	left, right := pair(t)
	g, tap := loadNew(t), left.Tap(t)
	attach(t, right, g.Guard)
	for _, version := range []int{4, 6} {
		testnet.Ping(t, left, right, version, 3, 56)
		testnet.UDP(t, left, right, version, 5, 1000)
		testnet.TCP(t, left, right, version, 4, 20_000)
	}

	// TCP's last packets come after its sockets are closed.
	eventually(t, "the same number of packets", func() bool {
		sent := uint64(0)
		for _, frame := range tap.Frames() {
			if frame.Outgoing {
				sent++
			}
		}
		return sent > 2*(3+5+4) && maps.Equal(g.counted(t), map[uint32]uint64{pass: sent})
	})
}
