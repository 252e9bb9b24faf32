// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"errors"
	"fmt"
	"maps"
	"testing"

	"golang.org/x/sys/unix"

	"example.com/my-cnf/internal/testnet"
)

var (
	localhost6 = [16]byte{15: 1}
	// mapped is 127.0.0.1 for a socket that speaks IPv6.
	mapped = [16]byte{10: 0xff, 11: 0xff, 12: 127, 15: 1}
	// nowhere has no route.
	nowhere = [16]byte{0: 0xfd, 1: 0x99, 15: 1}
)

// dualSocket is an unconnected UDP socket for both IP versions, bound to no address.
func dualSocket(t *testing.T, inside *testnet.Namespace, port int) int {
	t.Helper()
	socket := -1
	err := inside.Do(func() error {
		var err error
		if socket, err = unix.Socket(unix.AF_INET6, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0); err != nil {
			return err
		}
		if err := unix.SetsockoptTimeval(socket, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 5}); err != nil {
			return err
		}
		return unix.Bind(socket, &unix.SockaddrInet6{Port: port})
	})
	if err != nil {
		t.Fatalf("open datagram socket: %v", err)
	}
	t.Cleanup(func() { unix.Close(socket) })
	return socket
}

func sendTo(t *testing.T, socket, port, size int, address [16]byte) {
	t.Helper()
	if err := unix.Sendto(socket, make([]byte, size), 0, &unix.SockaddrInet6{Port: port, Addr: address}); err != nil {
		t.Fatalf("send %d bytes: %v", size, err)
	}
}

func receive(t *testing.T, socket, size, flags, want int) {
	t.Helper()
	n, _, err := unix.Recvfrom(socket, make([]byte, size), flags)
	if err != nil || n != want {
		t.Fatalf("received %d bytes and %v, want %d", n, err, want)
	}
}

// oneWay are the counts of datagrams that nobody answered.
func oneWay(address string, client, server int, sent, received count) map[string]count {
	flow := fmt.Sprintf("udp %s:%d > %s:%d ", address, client, address, server)
	return map[string]count{flow + "egress": sent, flow + "ingress": received}
}

func testUnconnected(t *testing.T, b *bench, p *process) {
	from, to := dualSocket(t, b.near.Namespace, 5101), dualSocket(t, b.near.Namespace, 5001)
	for _, address := range [][16]byte{mapped, localhost6} {
		for _, size := range []int{10, 0, 9000} {
			sendTo(t, from, 5001, size, address)
			receive(t, to, 10000, 0, size)
		}
	}
	want := oneWay("127.0.0.1", 5101, 5001, count{3, 9010}, count{3, 9010})
	maps.Copy(want, oneWay("[::1]", 5101, 5001, count{3, 9010}, count{3, 9010}))
	p.expectCounts(t, 5101, 5001, want)
}

func testRefused(t *testing.T, b *bench, p *process) {
	from, to := dualSocket(t, b.near.Namespace, 5102), dualSocket(t, b.near.Namespace, 5002)
	for name, test := range map[string]struct {
		size    int
		address [16]byte
		want    error
	}{
		"too long": {70000, localhost6, unix.EMSGSIZE},
		"no route": {10, nowhere, unix.ENETUNREACH},
	} {
		err := unix.Sendto(from, make([]byte, test.size), 0, &unix.SockaddrInet6{Port: 5002, Addr: test.address})
		if !errors.Is(err, test.want) {
			t.Fatalf("%s: got %v, want %v", name, err, test.want)
		}
	}
	sendTo(t, from, 5002, 1, localhost6)
	receive(t, to, 100, 0, 1)
	p.expectCounts(t, 5102, 5002, oneWay("[::1]", 5102, 5002, count{1, 1}, count{1, 1}))
}

func testPeek(t *testing.T, b *bench, p *process) {
	from, to := dualSocket(t, b.near.Namespace, 5103), dualSocket(t, b.near.Namespace, 5003)
	for _, size := range []int{0, 50} {
		sendTo(t, from, 5003, size, localhost6)
		receive(t, to, 100, unix.MSG_PEEK, size)
		// A buffer that is too short still takes the whole datagram.
		receive(t, to, 20, 0, min(size, 20))
	}
	// What nobody reads was sent and not received.
	sendTo(t, from, 5003, 7, localhost6)
	p.expectCounts(t, 5103, 5003, oneWay("[::1]", 5103, 5003, count{3, 57}, count{2, 50}))
}

func testCork(t *testing.T, b *bench, p *process) {
	from, to := dualSocket(t, b.near.Namespace, 5104), dualSocket(t, b.near.Namespace, 5004)
	if err := unix.Connect(from, &unix.SockaddrInet6{Port: 5004, Addr: localhost6}); err != nil {
		t.Fatal(err)
	}
	for _, part := range []struct{ size, flags int }{{100, unix.MSG_MORE}, {23, 0}} {
		if _, err := unix.SendmsgN(from, make([]byte, part.size), nil, nil, part.flags); err != nil {
			t.Fatal(err)
		}
	}
	receive(t, to, 1000, 0, 123)
	p.expectCounts(t, 5104, 5004, oneWay("[::1]", 5104, 5004, count{1, 123}, count{1, 123}))
}
