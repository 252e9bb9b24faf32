// SPDX-License-Identifier: Apache-2.0

package testnet

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/netip"
	"testing"
	"time"
)

// Ports that the senders use, so that tests can name the flows.
const (
	ClientPort = 40001
	ServerPort = 7000
)

// Address picks the end's address of the wanted IP version.
func (e End) Address(version int) netip.Addr {
	if version == 6 {
		return e.IPv6
	}
	return e.IPv4
}

func (e End) endpoint(version, port int) string {
	return netip.AddrPortFrom(e.Address(version), uint16(port)).String()
}

// UDP sends count datagrams of size bytes from client to server and as many back,
// one at a time, and sees each of them arrive.
func UDP(t testing.TB, client, server End, version, count, size int) {
	t.Helper()
	here := client.listenUDP(t, version, ClientPort)
	defer here.Close()
	there := server.listenUDP(t, version, ServerPort)
	defer there.Close()
	for i := range count {
		exchange(t, here, there, fill(size, i))
	}
}

// UDPUntil does the same until it is told to stop, a few hundred times a second, and returns
// the number of datagrams in each direction. It may run in a goroutine of its own.
func UDPUntil(t testing.TB, client, server End, version, size int, stop <-chan struct{}) uint64 {
	here := client.listenUDP(t, version, ClientPort)
	defer here.Close()
	there := server.listenUDP(t, version, ServerPort)
	defer there.Close()
	for sent := uint64(0); ; sent++ {
		select {
		case <-stop:
			return sent
		case <-time.After(2 * time.Millisecond):
			exchange(t, here, there, fill(size, int(sent)))
		}
	}
}

// UDPOnce sends one datagram each way from a port of its own.
func UDPOnce(t testing.TB, client, server End, version, port, size int) {
	t.Helper()
	here := client.listenUDP(t, version, port)
	defer here.Close()
	there := server.listenUDP(t, version, ServerPort)
	defer there.Close()
	exchange(t, here, there, fill(size, 0))
}

func exchange(t testing.TB, here, there *net.UDPConn, payload []byte) {
	t.Helper()
	pass(t, here, there, payload)
	pass(t, there, here, payload)
}

func (e End) listenUDP(t testing.TB, version, port int) *net.UDPConn {
	t.Helper()
	var conn *net.UDPConn
	err := e.Do(func() error {
		var err error
		address := net.UDPAddrFromAddrPort(netip.AddrPortFrom(e.Address(version), uint16(port)))
		conn, err = net.ListenUDP(fmt.Sprint("udp", version), address)
		return err
	})
	if err != nil {
		t.Fatalf("listen on UDP port %d: %v", port, err)
	}
	return conn
}

func pass(t testing.TB, from, to *net.UDPConn, payload []byte) {
	t.Helper()
	if _, err := from.WriteTo(payload, to.LocalAddr()); err != nil {
		t.Fatalf("send datagram: %v", err)
	}
	got := make([]byte, 2*len(payload)+1)
	to.SetReadDeadline(time.Now().Add(Patience))
	n, err := to.Read(got)
	if err != nil {
		t.Fatalf("receive datagram: %v", err)
	}
	if !bytes.Equal(got[:n], payload) {
		t.Fatalf("received %d bytes that differ from the %d sent", n, len(payload))
	}
}

// TCP opens a connection and sends count messages of size bytes, each of which the
// server sends back. The server closes first, so that the client's socket handles
// all of the client's packets: a socket in TIME_WAIT belongs to no cgroup.
func TCP(t testing.TB, client, server End, version, count, size int) {
	t.Helper()
	listener := server.listenTCP(t, version)
	echoed := make(chan error, 1)
	go func() { echoed <- echo(listener, count, size) }()

	conn := client.dialTCP(t, version, server)
	for i := range count {
		payload, got := fill(size, i), make([]byte, size)
		if _, err := conn.Write(payload); err != nil {
			t.Fatalf("send on TCP: %v", err)
		}
		if _, err := io.ReadFull(conn, got); err != nil {
			t.Fatalf("receive on TCP: %v", err)
		}
	}
	if n, err := conn.Read(make([]byte, 1)); err != io.EOF {
		t.Fatalf("wait for the server to close: %d bytes, %v", n, err)
	}
	if err := conn.Close(); err != nil {
		t.Fatalf("close TCP connection: %v", err)
	}
	if err := <-echoed; err != nil {
		t.Fatalf("echo on TCP: %v", err)
	}
}

func (e End) listenTCP(t testing.TB, version int) net.Listener {
	t.Helper()
	var listener net.Listener
	err := e.Do(func() error {
		var err error
		listener, err = net.Listen(fmt.Sprint("tcp", version), e.endpoint(version, ServerPort))
		return err
	})
	if err != nil {
		t.Fatalf("listen on TCP: %v", err)
	}
	t.Cleanup(func() { listener.Close() })
	return listener
}

func (e End) dialTCP(t testing.TB, version int, server End) net.Conn {
	t.Helper()
	var conn net.Conn
	err := e.Do(func() error {
		dialer := net.Dialer{
			Timeout:   Patience,
			LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(e.Address(version), ClientPort)),
			KeepAlive: -1,
		}
		var err error
		conn, err = dialer.Dial(fmt.Sprint("tcp", version), server.endpoint(version, ServerPort))
		return err
	})
	if err != nil {
		t.Fatalf("connect over TCP: %v", err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(Patience)); err != nil {
		t.Fatalf("set deadline: %v", err)
	}
	return conn
}

// echo serves one connection.
func echo(listener net.Listener, count, size int) error {
	conn, err := listener.Accept()
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(Patience)); err != nil {
		return err
	}
	message := make([]byte, size)
	for range count {
		if _, err := io.ReadFull(conn, message); err != nil {
			return err
		}
		if _, err := conn.Write(message); err != nil {
			return err
		}
	}
	return nil
}

func fill(size, seed int) []byte {
	return bytes.Repeat([]byte{byte(seed)}, size)
}
