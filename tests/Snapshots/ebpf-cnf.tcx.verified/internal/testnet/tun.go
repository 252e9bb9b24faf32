// SPDX-License-Identifier: Apache-2.0

package testnet

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// Tun makes a device without Ethernet header, whose other end is a file: a packet written to it
// arrives at the device, and what leaves the device can be read. The error is the
// kernel's when it has no such devices.
func Tun(t testing.TB, n *Namespace) (near End, far *os.File, err error) {
	t.Helper()
	near = End{Namespace: n, Name: "tun0", IPv4: netip.MustParseAddr("10.77.0.1"), IPv6: netip.MustParseAddr("fd77::1")}
	if far, err = n.openTun(near.Name); err != nil {
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, unix.ENODEV) {
			return near, nil, err
		}
		t.Fatalf("make tun device: %v", err)
	}
	t.Cleanup(func() { far.Close() })
	if err := near.configure(End{}); err != nil {
		t.Fatalf("configure %s: %v", near.Name, err)
	}
	near.waitUntilUp(t)
	return near, far, nil
}

func (n *Namespace) openTun(name string) (*os.File, error) {
	var file *os.File
	err := n.Do(func() error {
		device, err := tunNode()
		if err != nil {
			return err
		}
		request, err := unix.NewIfreq(name)
		if err != nil {
			return err
		}
		request.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
		if err := unix.IoctlIfreq(int(device.Fd()), unix.TUNSETIFF, request); err != nil {
			return errors.Join(fmt.Errorf("name tun device: %w", err), device.Close())
		}
		file = device
		return nil
	})
	return file, err
}

// tunNode opens the device file, which a minimal system has not made.
func tunNode() (*os.File, error) {
	const path, major, minor = "/dev/net/tun", 10, 200
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if !errors.Is(err, os.ErrNotExist) {
		return file, err
	}
	dir, err := os.MkdirTemp("", "tun-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	node := dir + "/tun"
	if err := unix.Mknod(node, unix.S_IFCHR|0o600, int(unix.Mkdev(major, minor))); err != nil {
		return nil, fmt.Errorf("make device file: %w", err)
	}
	return os.OpenFile(node, os.O_RDWR, 0)
}

// SendUDP sends datagrams from client's port to an address that need not exist.
func SendUDP(t testing.TB, client End, to netip.Addr, count, size int) {
	t.Helper()
	version := 4
	if to.Is6() {
		version = 6
	}
	conn := client.listenUDP(t, version, ClientPort)
	defer conn.Close()
	for i := range count {
		if _, err := conn.WriteToUDPAddrPort(fill(size, i), netip.AddrPortFrom(to, ServerPort)); err != nil {
			t.Fatalf("send datagram: %v", err)
		}
	}
}
