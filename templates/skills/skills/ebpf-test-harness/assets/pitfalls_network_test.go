// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	chattydevice "example.com/my-cnf/internal/ebpf-test-harness/pitfalls/chatty-device"
	goroutineoutside "example.com/my-cnf/internal/ebpf-test-harness/pitfalls/goroutine-outside"
	lodown "example.com/my-cnf/internal/ebpf-test-harness/pitfalls/lo-down"
	namednamespace "example.com/my-cnf/internal/ebpf-test-harness/pitfalls/named-namespace"
	nocontrolrun "example.com/my-cnf/internal/ebpf-test-harness/pitfalls/no-control-run"
	superpackets "example.com/my-cnf/internal/ebpf-test-harness/pitfalls/super-packets"
	threadleftinside "example.com/my-cnf/internal/ebpf-test-harness/pitfalls/thread-left-inside"
	"example.com/my-cnf/internal/testnet"
)

// ownThread is the namespace that the calling thread is in.
const ownThread = "/proc/thread-self/ns/net"

// onThread keeps a goroutine on its thread and tells which one that is. The thread ends
// with the goroutine.
func onThread(id chan<- int) {
	runtime.LockOSThread()
	id <- unix.Gettid()
}

func TestGoroutineOutside(t *testing.T) {
	_, right := pair(t)
	if _, err := goroutineoutside.Index(right.Namespace, right.Name); err == nil {
		t.Error("found the device")
	} else {
		t.Log(err)
	}
	if err := right.Do(func() error {
		_, err := net.InterfaceByName(right.Name)
		return err
	}); err != nil {
		t.Error("the right code:", err)
	}
}

func TestThreadLeftInside(t *testing.T) {
	n := testnet.New(t)
	inside := make(chan error, 1)
	go func() {
		// Whatever state this thread is left in, it ends.
		runtime.LockOSThread()
		err := threadleftinside.Do(n.Path(), func() error { return nil })
		if err == nil {
			err = sameNamespace(n.Path())
		}
		inside <- err
	}()
	if err := <-inside; err != nil {
		t.Error(err)
	} else {
		t.Log("the thread is still in the namespace")
	}

	go func() {
		runtime.LockOSThread()
		err := n.Do(func() error { return sameNamespace(n.Path()) })
		inside <- errors.Join(err, sameNamespace(n.Path()))
	}()
	if err := <-inside; !errors.Is(err, errOther) {
		t.Errorf("the right code: %v", err)
	}
}

var errOther = errors.New("the thread is in another namespace")

// sameNamespace tells whether the calling thread is in the namespace.
func sameNamespace(path string) error {
	own, err := netns.GetFromPath(ownThread)
	if err != nil {
		return err
	}
	defer own.Close()
	other, err := netns.GetFromPath(path)
	if err != nil {
		return err
	}
	defer other.Close()
	if !own.Equal(other) {
		return errOther
	}
	return nil
}

func TestLoDown(t *testing.T) {
	const metrics = "127.0.0.1:9464"
	err := lodown.Do(func() error {
		conn, err := net.Dial("tcp4", metrics)
		if err == nil {
			conn.Close()
		}
		return err
	})
	if !errors.Is(err, unix.ENETUNREACH) {
		t.Errorf("got %v", err)
	} else {
		t.Log(err)
	}
	// Nobody listens, but there is somebody to say so.
	if _, err := testnet.New(t).Dial("tcp4", metrics); !errors.Is(err, unix.ECONNREFUSED) {
		t.Errorf("the right code: %v, want %v", err, unix.ECONNREFUSED)
	}
}

func TestNamedNamespace(t *testing.T) {
	name := fmt.Sprint("harness-", os.Getpid())
	handle, err := namednamespace.New(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := netns.DeleteNamed(name); err != nil {
			t.Error(err)
		}
	})
	if err := handle.Close(); err != nil {
		t.Fatal(err)
	}
	path := "/run/netns/" + name
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	} else {
		t.Logf("%s is still there when nobody uses it any more", path)
	}
}

func TestChattyDevice(t *testing.T) {
	quiet, _ := pair(t)
	err := lodown.Do(func() error {
		if err := chattydevice.Pair(testnet.LeftName, testnet.RightName); err != nil {
			return err
		}
		for deadline := time.Now().Add(testnet.Patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
			link, err := netlink.LinkByName(testnet.LeftName)
			if err != nil {
				return err
			}
			if link.Attrs().Statistics.TxPackets > 0 {
				return nil
			}
		}
		return errors.New("the device is quiet")
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Log("packets were sent, and the test has sent none")
	if sent := quiet.Link(t, quiet.Name).Attrs().Statistics.TxPackets; sent != 0 {
		t.Errorf("the right code's device sent %d packets meanwhile", sent)
	}
}

func TestNoControlRun(t *testing.T) {
	left, right := pair(t)
	receiver := listen(t, right, blockedPort)
	defer receiver.Close()
	mistaken := &net.UDPAddr{IP: right.IPv4.AsSlice(), Port: blockedPort - 1}
	if !nocontrolrun.Blocked(receiver, func() { send(t, left, mistaken) }) {
		t.Error("a datagram to another port has arrived")
	} else {
		t.Log("the test says blocked, and no program is attached")
	}
}

func TestSuperPackets(t *testing.T) {
	const message, mtu = 60_000, 1500
	left, right := pair(t)
	tap := left.Tap(t)
	testnet.TCP(t, left, right, 4, 1, message)
	packets, large := 0, 0
	for _, frame := range tap.Frames() {
		const headers = 14 + 20 + 60
		if !frame.Outgoing || len(frame.Data) <= headers {
			continue
		}
		packets++
		if len(frame.Data) > mtu+14 {
			large++
		}
	}
	if segments := superpackets.Segments(message, mtu); packets >= segments || large == 0 {
		t.Errorf("%d packets, %d of them large, for %d segments", packets, large, segments)
	} else {
		t.Log("fewer packets than segments, and some above the MTU")
	}
}
