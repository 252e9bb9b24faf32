// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"fmt"
	"net"
	"net/netip"
	"testing"
	"time"

	"example.com/my-cnf/internal/testnet"
)

// receiver is a socket of near to which far sends.
type receiver struct {
	*net.UDPConn
	address netip.AddrPort
}

func receive(t *testing.T, b *bench, version, port int) receiver {
	t.Helper()
	r := receiver{address: netip.AddrPortFrom(b.near.Address(version), uint16(port))}
	must(t, b.near.Do(func() (err error) {
		r.UDPConn, err = net.ListenUDP(fmt.Sprint("udp", version), net.UDPAddrFromAddrPort(r.address))
		return err
	}))
	return r
}

// dial opens a socket of far.
func (r receiver) dial(t *testing.T, b *bench) (socket *net.UDPConn) {
	t.Helper()
	must(t, b.far.Do(func() (err error) {
		socket, err = net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(r.address))
		return err
	}))
	return socket
}

func (r receiver) send(t *testing.T, b *bench, count int) {
	t.Helper()
	socket := r.dial(t, b)
	defer socket.Close()
	for range count {
		_, err := socket.Write([]byte("question"))
		must(t, err)
	}
}

// arrived counts what arrives. It waits long for what should come, and not so long for what should not.
func (r receiver) arrived(t *testing.T, want int) (count int) {
	t.Helper()
	for buffer := make([]byte, 64); ; count++ {
		patience := 200 * time.Millisecond
		if count < want {
			patience = testnet.Patience
		}
		must(t, r.SetReadDeadline(time.Now().Add(patience)))
		if _, err := r.Read(buffer); err != nil {
			return count
		}
	}
}

// ask opens a connection from far.
func (r receiver) ask(t *testing.T, asking *net.UDPConn) {
	t.Helper()
	_, err := asking.Write([]byte("question"))
	must(t, err)
	must(t, r.SetReadDeadline(time.Now().Add(testnet.Patience)))
	_, err = r.Read(make([]byte, 64))
	must(t, err)
}

// expectAnswer sends from near to far.
func (r receiver) expectAnswer(t *testing.T, asking *net.UDPConn) {
	t.Helper()
	_, err := r.WriteTo([]byte("answer"), asking.LocalAddr())
	must(t, err)
	must(t, asking.SetReadDeadline(time.Now().Add(testnet.Patience)))
	if _, err := asking.Read(make([]byte, 64)); err != nil {
		t.Errorf("the answer does not arrive: %v", err)
	}
}

// expectNoAnswer wants a question or its answer to be lost.
func expectNoAnswer(t *testing.T, client, server testnet.End, version, port int) {
	t.Helper()
	listen := func(e testnet.End, port int) (socket *net.UDPConn) {
		must(t, e.Do(func() (err error) {
			socket, err = net.ListenUDP(fmt.Sprint("udp", version), net.UDPAddrFromAddrPort(netip.AddrPortFrom(e.Address(version), uint16(port))))
			return err
		}))
		return socket
	}
	there, here := listen(server, port), listen(client, 0)
	defer there.Close()
	defer here.Close()
	buffer := make([]byte, 64)
	deadline := time.Now().Add(300 * time.Millisecond)
	must(t, there.SetReadDeadline(deadline))
	must(t, here.SetReadDeadline(deadline))
	// At the hook cgroup, the system call fails if the packet is denied.
	if _, err := here.WriteTo([]byte("question"), there.LocalAddr()); err != nil {
		return
	}
	if _, err := there.Read(buffer); err != nil {
		return
	}
	if _, err := there.WriteTo([]byte("answer"), here.LocalAddr()); err != nil {
		return
	}
	if _, err := here.Read(buffer); err == nil {
		t.Errorf("over IPv%d, question and answer arrive", version)
	}
}
