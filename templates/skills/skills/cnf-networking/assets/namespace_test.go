// SPDX-License-Identifier: Apache-2.0

package network

import (
	"errors"
	"slices"
	"testing"

	"github.com/cilium/ebpf/link"
	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"

	foreignindex "example.com/my-cnf/internal/cnf-networking/pitfalls/foreign-index"
	goroutineoutside "example.com/my-cnf/internal/cnf-networking/pitfalls/goroutine-outside"
	"example.com/my-cnf/internal/testnet"
)

func TestAttachInside(t *testing.T) {
	left, right := testnet.Veth(t, testnet.New(t), testnet.New(t))
	seen := newSeen(t)
	attached, err := attachInside(right.Path(), right.Name, seen.See)
	if errors.Is(err, link.ErrNotSupported) {
		t.Skip("needs Linux 6.6: tcx")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer attached.Close()
	testnet.UDP(t, left, right, 4, datagrams, 100)
	if packets := value[seenSeen](t, seen.Seen).Packets; packets != datagrams {
		t.Errorf("counted %d packets", packets)
	}
	if _, err := attachInside(right.Path(), left.Name, seen.See); err == nil {
		t.Error("found a device of another namespace")
	}
}

func TestForeignIndex(t *testing.T) {
	host := testnet.New(t)
	uplink, _ := wire(t, place{host, "uplink0"}, place{testnet.New(t), "eth0"})
	_, pod := wire(t, place{host, "pod0"}, place{testnet.New(t), "eth0"})
	if index(t, uplink) != index(t, pod) {
		t.Fatalf("the indexes are %d and %d", index(t, uplink), index(t, pod))
	}
	seen := newSeen(t)
	err := host.Do(func() error {
		namespace, err := netns.GetFromPath(pod.Path())
		if err != nil {
			return err
		}
		defer namespace.Close()
		attached, err := foreignindex.Attach(seen.SeeXdp, namespace, pod.Name)
		if err == nil {
			t.Cleanup(func() { attached.Close() })
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if hasXDP(t, uplink) && !hasXDP(t, pod) {
		t.Log("attached to uplink0 of the host instead of eth0 of the pod")
	} else {
		t.Errorf("uplink: %v, pod: %v", hasXDP(t, uplink), hasXDP(t, pod))
	}
}

func hasXDP(t *testing.T, end testnet.End) bool {
	t.Helper()
	state := end.Link(t, end.Name).Attrs().Xdp
	return state != nil && state.Attached
}

// Container runtimes move devices after they are made: tcx programs go along, filters stay behind.
func TestMovedDevice(t *testing.T) {
	host, pod := testnet.New(t), testnet.New(t)
	pod0, client := wire(t, place{host, "pod0"}, place{testnet.New(t), "eth0"})
	seen := newSeen(t)
	expected := uint64(datagrams)
	attached, err := attachInside(host.Path(), pod0.Name, seen.See)
	switch {
	case errors.Is(err, link.ErrNotSupported):
		attachFilter(t, pod0, ingress, seen.See)
		expected = 0
	case err != nil:
		t.Fatal(err)
	default:
		defer attached.Close()
	}
	device := pod0.Link(t, pod0.Name)
	err = host.Do(func() error {
		target, err := netns.GetFromPath(pod.Path())
		if err != nil {
			return err
		}
		defer target.Close()
		return netlink.LinkSetNsFd(device, int(target))
	})
	if err != nil {
		t.Fatal(err)
	}
	moved := up(t, place{pod, pod0.Name})
	address(t, &moved, "10.1.0.1/24")
	address(t, &client, "10.1.0.2/24")
	testnet.UDP(t, client, moved, 4, datagrams, 100)
	if packets := value[seenSeen](t, seen.Seen).Packets; packets != expected {
		t.Errorf("after the move the program counted %d packets, want %d", packets, expected)
	}
}

func TestGoroutineOutside(t *testing.T) {
	_, pod := wire(t, place{testnet.New(t), "pod0"}, place{testnet.New(t), "eth0"})
	called := func(fn func() error) error { return inside(pod.Path(), fn) }
	devices, err := goroutineoutside.Devices(called)
	if err != nil {
		t.Fatal(err)
	}
	if mentions(devices, pod) {
		t.Errorf("the goroutine sees %s", pod.Name)
	} else {
		t.Logf("%s is not among the devices that the goroutine sees", pod.Name)
	}

	err = called(func() (err error) {
		devices, err = netlink.LinkList()
		return err
	})
	if err != nil || !mentions(devices, pod) {
		t.Errorf("the right way: %v, %v", devices, err)
	}
}

func mentions(devices []netlink.Link, end testnet.End) bool {
	return slices.ContainsFunc(devices, func(device netlink.Link) bool {
		return device.Attrs().Name == end.Name && string(device.Attrs().HardwareAddr) == string(end.MAC)
	})
}
