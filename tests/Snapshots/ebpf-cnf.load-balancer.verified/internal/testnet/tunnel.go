// SPDX-License-Identifier: Apache-2.0

package testnet

import (
	"fmt"
	"net"
	"os"
	"testing"
)

// Unwrap takes packets out of packets that arrive at the machine, IPv4 and IPv6 in either, and gives them to its kernel,
// as a tunnel device does where the kernel has one. It tells how many there were.
func (e End) Unwrap(t testing.TB) (count func() int) {
	t.Helper()
	inner, err := e.openTun("tunl0")
	if err != nil {
		t.Fatalf("make tun device: %v", err)
	}
	t.Cleanup(func() { inner.Close() })
	link := e.Link(t, "tunl0")
	if err := e.netlink.LinkSetUp(link); err != nil {
		t.Fatalf("set up tun device: %v", err)
	}
	counts := make(chan int, 1)
	counts <- 0
	for _, network := range []string{"ip4:4", "ip4:41", "ip6:4", "ip6:41"} {
		outer := e.listenIP(t, network)
		go unwrap(outer, inner, counts)
	}
	return func() int {
		n := <-counts
		counts <- n
		return n
	}
}

func (e End) listenIP(t testing.TB, network string) net.PacketConn {
	t.Helper()
	var conn net.PacketConn
	err := e.Do(func() error {
		var err error
		conn, err = net.ListenPacket(network, "")
		return err
	})
	if err != nil {
		t.Fatal(fmt.Errorf("listen on %s: %w", network, err))
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// unwrap ends when the test closes the socket. What it reads has no outer header any more.
func unwrap(outer net.PacketConn, inner *os.File, counts chan int) {
	packet := make([]byte, 1<<16)
	for {
		n, _, err := outer.ReadFrom(packet)
		if err != nil {
			return
		}
		if _, err := inner.Write(packet[:n]); err == nil {
			counts <- <-counts + 1
		}
	}
}
