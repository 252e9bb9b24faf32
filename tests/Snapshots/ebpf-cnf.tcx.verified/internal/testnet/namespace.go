// SPDX-License-Identifier: Apache-2.0

// Package testnet gives tests a network of their own: namespaces, device pairs
// between them, and senders that send exactly what they are told. Nothing here
// touches the network that the test process was started in.
package testnet

import (
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"testing"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// currentNamespace names the calling thread's namespace. netns.Get would look into
// /proc/PID, which is another process when a test runs in a PID namespace of its
// own with the /proc of the one outside.
const currentNamespace = "/proc/thread-self/ns/net"

// Namespace is a network namespace that lives as long as its test.
type Namespace struct {
	handle  netns.NsHandle
	netlink *netlink.Handle
	cgroup  *Cgroup
}

// New makes a namespace whose loopback device is up and that sends nothing on its
// own: no router solicitations, no duplicate address detection.
func New(t testing.TB) *Namespace {
	t.Helper()
	outer, err := netns.GetFromPath(currentNamespace)
	if err != nil {
		t.Fatalf("open network namespace: %v", err)
	}
	defer outer.Close()

	n := &Namespace{}
	if err := onThrowAwayThread(n.unshare); err != nil {
		t.Fatalf("make network namespace: %v (as root?)", err)
	}
	t.Cleanup(func() { n.handle.Close() })
	if n.handle.Equal(outer) {
		t.Fatal("the new network namespace is the one outside: refusing to go on")
	}

	// The other netlink families need modules that a small kernel does not have.
	n.netlink, err = netlink.NewHandleAt(n.handle, unix.NETLINK_ROUTE)
	if err != nil {
		t.Fatalf("open netlink: %v", err)
	}
	t.Cleanup(n.netlink.Close)
	if err := n.quieten(); err != nil {
		t.Fatalf("set up network namespace: %v", err)
	}
	return n
}

func (n *Namespace) unshare() error {
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return err
	}
	var err error
	n.handle, err = netns.GetFromPath(currentNamespace)
	return err
}

// Do runs fn inside the namespace, on a thread that ends with it. Sockets and
// processes that fn starts stay in the namespace.
func (n *Namespace) Do(fn func() error) error {
	return onThrowAwayThread(func() error {
		if err := netns.Set(n.handle); err != nil {
			return fmt.Errorf("enter network namespace: %w", err)
		}
		if n.cgroup != nil {
			return n.cgroup.Do(fn)
		}
		return fn()
	})
}

// Path is a file that names the namespace for as long as the test process lives.
// Unlike a bind mount it cannot be left behind.
func (n *Namespace) Path() string {
	return fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), int(n.handle))
}

// Link is the device's current state.
func (n *Namespace) Link(t testing.TB, name string) netlink.Link {
	t.Helper()
	link, err := n.netlink.LinkByName(name)
	if err != nil {
		t.Fatalf("find device %s: %v", name, err)
	}
	return link
}

// Has tells whether there is a device of that name.
func (n *Namespace) Has(t testing.TB, name string) bool {
	t.Helper()
	_, err := n.netlink.LinkByName(name)
	var missing netlink.LinkNotFoundError
	if err != nil && !errors.As(err, &missing) {
		t.Fatalf("find device %s: %v", name, err)
	}
	return err == nil
}

// SetMTU changes how large packets on a device may be.
func (n *Namespace) SetMTU(t testing.TB, name string, mtu int) {
	t.Helper()
	if err := n.netlink.LinkSetMTU(n.Link(t, name), mtu); err != nil {
		t.Fatalf("set MTU of %s: %v", name, err)
	}
}

// Remove deletes a device, and with it its other end.
func (n *Namespace) Remove(t testing.TB, name string) {
	t.Helper()
	if err := n.netlink.LinkDel(n.Link(t, name)); err != nil {
		t.Fatalf("remove device %s: %v", name, err)
	}
}

// Dial connects from inside the namespace. The address must be numeric, because
// resolving a name would start threads outside.
func (n *Namespace) Dial(network, address string) (net.Conn, error) {
	var conn net.Conn
	err := n.Do(func() error {
		var err error
		dialer := net.Dialer{Timeout: Patience}
		conn, err = dialer.Dial(network, address)
		return err
	})
	return conn, err
}

var errExited = errors.New("function ended its goroutine")

// onThrowAwayThread never unlocks the thread, so the runtime ends it instead of
// using it again in the wrong namespace.
func onThrowAwayThread(fn func() error) error {
	result := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		err := errExited
		defer func() { result <- err }()
		err = fn()
	}()
	return <-result
}
