// SPDX-License-Identifier: Apache-2.0

package testnet

import (
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// needRoot also skips for a root without capabilities.
func needRoot(t *testing.T) {
	err := onThrowAwayThread(func() error { return unix.Unshare(unix.CLONE_NEWNET) })
	if errors.Is(err, unix.EPERM) {
		t.Skip("making network namespaces is not permitted: make test-traffic runs this as root")
	}
}

func TestDoLeavesTheOuterNamespaceAlone(t *testing.T) {
	needRoot(t)
	outer, err := netns.GetFromPath(currentNamespace)
	if err != nil {
		t.Fatal(err)
	}
	defer outer.Close()

	n := New(t)
	err = n.Do(func() error {
		inside, err := netns.GetFromPath(currentNamespace)
		if err != nil {
			return err
		}
		defer inside.Close()
		if inside.Equal(outer) {
			t.Error("Do ran outside")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	after, err := netns.GetFromPath(currentNamespace)
	if err != nil {
		t.Fatal(err)
	}
	defer after.Close()
	if !after.Equal(outer) {
		t.Error("the test's own thread is in another namespace now")
	}
}

func TestDoReportsAFunctionThatEndsItsGoroutine(t *testing.T) {
	if err := onThrowAwayThread(func() error { runtime.Goexit(); return nil }); err != errExited {
		t.Errorf("got %v, want %v", err, errExited)
	}
}

// The tap is the oracle of the traffic tests, so it is tested with a known number
// of packets and with the silence of a pair that nobody uses.
func TestTapSeesExactlyWhatWasSent(t *testing.T) {
	needRoot(t)
	for name, send := range map[string]struct {
		run  func(left, right End)
		want int
	}{
		"nothing": {func(left, right End) { time.Sleep(time.Second) }, 0},
		"ping4":   {func(left, right End) { Ping(t, right, left, 4, 3, 56) }, 6},
		"ping6":   {func(left, right End) { Ping(t, right, left, 6, 3, 56) }, 6},
		"udp4":    {func(left, right End) { UDP(t, right, left, 4, 5, 100) }, 10},
		"udp6":    {func(left, right End) { UDP(t, right, left, 6, 5, 100) }, 10},
		"inject":  {func(left, right End) { right.Inject(t, make([]byte, 60), make([]byte, 14)) }, 2},
	} {
		t.Run(name, func(t *testing.T) {
			left, right := Veth(t, New(t), New(t))
			tap := left.Tap(t)
			send.run(left, right)
			if got := len(tap.Frames()); got != send.want {
				t.Errorf("saw %d packets, want %d", got, send.want)
			}
		})
	}
}

func TestTCPEchoes(t *testing.T) {
	needRoot(t)
	left, right := Veth(t, New(t), New(t))
	tap := left.Tap(t)
	TCP(t, right, left, 4, 10, 100)
	TCP(t, right, left, 6, 10, 100)
	// Three packets open a connection and ten messages need at least twenty.
	if got := len(tap.Frames()); got < 2*23 {
		t.Errorf("saw only %d packets", got)
	}
}

func TestTapSeesVLANTags(t *testing.T) {
	needRoot(t)
	left, right := Veth(t, New(t), New(t))
	leftVLAN, rightVLAN, err := VLAN(t, left, right, 100)
	if err != nil {
		t.Skipf("this kernel has no VLAN devices: %v", err)
	}
	tap := left.Tap(t)
	Ping(t, rightVLAN, leftVLAN, 4, 2, 56)
	Ping(t, rightVLAN, leftVLAN, 6, 2, 56)
	frames := tap.Frames()
	if len(frames) != 8 {
		t.Errorf("saw %d packets, want 8", len(frames))
	}
	for _, frame := range frames {
		if !frame.Tagged || frame.Tag != 100 {
			t.Errorf("a packet has tag %d (%v), want 100", frame.Tag, frame.Tagged)
		}
	}
}

func TestTapSeesExactlyWhatWasSentOverNetkit(t *testing.T) {
	needRoot(t)
	for name, mode := range map[string]netlink.NetkitMode{"l2": netlink.NETKIT_MODE_L2, "l3": netlink.NETKIT_MODE_L3} {
		t.Run(name, func(t *testing.T) {
			left, right, err := Netkit(t, New(t), New(t), mode)
			if err != nil {
				t.Skipf("this kernel has no netkit: %v", err)
			}
			tap := left.Tap(t)
			Ping(t, right, left, 4, 2, 56)
			UDP(t, right, left, 6, 2, 56)
			TCP(t, right, left, 4, 2, 56)
			right.Inject(t, make([]byte, 60))
			time.Sleep(time.Second)
			if got := len(tap.Frames()); got < 4+4+9+1 {
				t.Errorf("saw only %d packets", got)
			}
		})
	}
}

func TestSocketsOfACgroupStayInIt(t *testing.T) {
	needRoot(t)
	cgroup := NewCgroup(t)
	before, err := cgroup.home()
	if err != nil {
		t.Fatal(err)
	}
	inside := ""
	err = New(t).Within(cgroup).Do(func() error {
		var err error
		inside, err = cgroup.home()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	after, err := cgroup.home()
	if err != nil {
		t.Fatal(err)
	}
	if inside != cgroup.Path || after != before {
		t.Errorf("was in %s, then in %s, and is in %s now; want the second to be %s", before, inside, after, cgroup.Path)
	}
}
