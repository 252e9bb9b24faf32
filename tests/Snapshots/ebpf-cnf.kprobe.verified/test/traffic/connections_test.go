// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"example.com/my-cnf/internal/testnet"
)

// connection joins two sockets of one namespace over loopback.
type connection struct{ client, server *net.TCPConn }

func connect(t *testing.T, inside *testnet.Namespace, clientPort, serverPort int) connection {
	t.Helper()
	var c connection
	err := inside.Do(func() error {
		listener, err := net.ListenTCP("tcp6", &net.TCPAddr{IP: net.IPv6loopback, Port: serverPort})
		if err != nil {
			return err
		}
		defer listener.Close()
		if err := listener.SetDeadline(time.Now().Add(testnet.Patience)); err != nil {
			return err
		}
		client := &net.TCPAddr{IP: net.IPv6loopback, Port: clientPort}
		if c.client, err = net.DialTCP("tcp6", client, listener.Addr().(*net.TCPAddr)); err != nil {
			return err
		}
		c.server, err = listener.AcceptTCP()
		return err
	})
	if err != nil {
		t.Fatalf("connect: %v", err)
	}
	t.Cleanup(func() { c.client.Close(); c.server.Close() })
	for _, end := range []*net.TCPConn{c.client, c.server} {
		if err := end.SetDeadline(time.Now().Add(2 * testnet.Patience)); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// send writes with one call and reads it all at the other end with another.
func send(t *testing.T, from, to *net.TCPConn, size int) {
	t.Helper()
	if _, err := from.Write(make([]byte, size)); err != nil {
		t.Fatalf("send: %v", err)
	}
	if _, err := io.ReadFull(to, make([]byte, size)); err != nil {
		t.Fatalf("receive: %v", err)
	}
}

func testOlder(t *testing.T, p *process, c connection) {
	send(t, c.client, c.server, 1000)
	send(t, c.server, c.client, 10)
	p.expectCounts(t, 6101, 6001, onLoopback("tcp", "[::1]", 6101, 6001, count{1, 1000}, count{1, 10}))
}

func testIdle(t *testing.T, b *bench, p *process) {
	connect(t, b.near.Namespace, 6102, 6002)
	p.expectCounts(t, 6102, 6002, onLoopback("tcp", "[::1]", 6102, 6002, count{}, count{}))
}

// onceEach are the events of a connection, seen by both of its sockets.
var onceEach = map[string]int{"new egress": 1, "closed egress": 1, "new ingress": 1, "closed ingress": 1}

// Both ends have sent their FIN, so the kernel's connection is over while everything is unread.
func testReadAfterEnd(t *testing.T, b *bench, p *process) {
	c := connect(t, b.near.Namespace, 6103, 6003)
	if err := c.client.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.server.Write(make([]byte, 5000)); err != nil {
		t.Fatal(err)
	}
	if err := c.server.Close(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond)
	data := make([]byte, 6000)
	if n, err := c.client.Read(data); err != nil || n != 5000 {
		t.Fatalf("read %d bytes, %v", n, err)
	}
	if n, err := c.client.Read(data); err != io.EOF || n != 0 {
		t.Fatalf("read %d more bytes, %v", n, err)
	}
	if err := c.client.Close(); err != nil {
		t.Fatal(err)
	}
	// A FIN is no payload.
	p.expectCounts(t, 6103, 6003, onLoopback("tcp", "[::1]", 6103, 6003, count{}, count{1, 5000}))
	p.expectEvents(t, 6103, 6003, onceEach)
	p.expectEvents(t, 6003, 6103, onceEach)
	for line := range strings.Lines(p.log()) {
		if strings.Contains(line, "kind=closed") && strings.Contains(line, " source_port=6003 ") && !strings.Contains(line, " bytes=5000 ") {
			t.Errorf("the last report is not complete: %s", line)
		}
	}
}

func testReset(t *testing.T, b *bench, p *process) {
	c := connect(t, b.near.Namespace, 6104, 6004)
	send(t, c.client, c.server, 5)
	if err := c.client.SetLinger(0); err != nil {
		t.Fatal(err)
	}
	if err := c.client.Close(); err != nil {
		t.Fatal(err)
	}
	p.expectEvents(t, 6104, 6004, onceEach)
	p.expectCounts(t, 6104, 6004, onLoopback("tcp", "[::1]", 6104, 6004, count{1, 5}, count{}))
}

func testSendfile(t *testing.T, b *bench, p *process) {
	c := connect(t, b.near.Namespace, 6105, 6005)
	file, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := file.Truncate(60000); err != nil {
		t.Fatal(err)
	}
	// ReadFrom uses sendfile for a file.
	if n, err := c.client.ReadFrom(file); err != nil || n != 60000 {
		t.Fatalf("sent %d bytes, %v", n, err)
	}
	if _, err := io.ReadFull(c.server, make([]byte, 60000)); err != nil {
		t.Fatal(err)
	}
	p.expectBytes(t, 6105, 6005, 60000)
}

// expectBytes compares bytes alone, for transfers that the kernel cuts as it likes.
func (p *process) expectBytes(t *testing.T, client, server uint16, want uint64) {
	t.Helper()
	eventually(t, func() error {
		flow := fmt.Sprintf("tcp [::1]:%d > [::1]:%d ", client, server)
		got := counts(p.flows())
		if sent, received := got[flow+"egress"].bytes, got[flow+"ingress"].bytes; sent != want || received != want {
			return fmt.Errorf("%s: counted %d bytes sent and %d received, want %d", flow, sent, received, want)
		}
		return nil
	})
}

// The kernel tracks only some ten returns of a function at once: a probe on the return of
// tcp_sendmsg would lose most of these senders, which all wait inside it.
func testWaitingSenders(t *testing.T, b *bench, p *process) {
	const senders, size = 24, 64_000
	var running sync.WaitGroup
	for i := range senders {
		c := connect(t, b.near.Namespace, 6200+i, 6006)
		if err := c.client.SetWriteBuffer(8192); err != nil {
			t.Fatal(err)
		}
		if err := c.server.SetReadBuffer(16384); err != nil {
			t.Fatal(err)
		}
		running.Go(func() { sendBlocking(t, c.client, size) })
		running.Go(func() {
			time.Sleep(200 * time.Millisecond)
			if _, err := io.CopyN(io.Discard, struct{ io.Reader }{c.server}, size); err != nil {
				t.Errorf("receive: %v", err)
			}
		})
	}
	running.Wait()
	for i := range uint16(senders) {
		p.expectBytes(t, 6200+i, 6006, size)
	}
}

// sendBlocking writes on a blocking descriptor, so that the call waits in the kernel and not in
// the Go runtime.
func sendBlocking(t *testing.T, conn *net.TCPConn, size int) {
	file, err := conn.File()
	if err != nil {
		t.Errorf("duplicate socket: %v", err)
		return
	}
	defer file.Close()
	if err := unix.SetNonblock(int(file.Fd()), false); err != nil {
		t.Errorf("make socket blocking: %v", err)
		return
	}
	for data := make([]byte, size); len(data) > 0; {
		n, err := unix.Write(int(file.Fd()), data)
		if err != nil {
			t.Errorf("send: %v", err)
			return
		}
		data = data[n:]
	}
}
