// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"example.com/my-cnf/internal/testnet"
)

// session is a connection that stays open.
type session struct {
	net.Conn
	reader *bufio.Reader
	server string
	port   int
}

// connect opens a connection from a port of the client, and learns who answers.
func (c *cluster) connect(t *testing.T, version, port int) (*session, error) {
	t.Helper()
	var conn net.Conn
	err := c.client.Do(func() error {
		dialer := net.Dialer{
			Timeout:   testnet.Patience,
			LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(c.client.Address(version), uint16(port))),
			KeepAlive: -1,
		}
		var err error
		conn, err = dialer.Dial("tcp", netip.AddrPortFrom(serviceAddress[version], servicePort).String())
		return err
	})
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { conn.Close() })
	s := &session{Conn: conn, reader: bufio.NewReader(conn), port: port}
	conn.SetDeadline(time.Now().Add(testnet.Patience))
	s.server, err = s.reader.ReadString('\n')
	s.server = strings.TrimSpace(s.server)
	return s, err
}

func (c *cluster) mustConnect(t *testing.T, version, port int) *session {
	t.Helper()
	s, err := c.connect(t, version, port)
	if err != nil {
		t.Fatalf("connect from port %d: %v", port, err)
	}
	return s
}

// sessions opens connections from consecutive ports, and counts them by server.
func (c *cluster) sessions(t *testing.T, version, firstPort, count int) (list []*session, byServer map[string]int) {
	t.Helper()
	byServer = map[string]int{}
	for i := range count {
		s := c.mustConnect(t, version, firstPort+i)
		list = append(list, s)
		byServer[s.server]++
	}
	return list, byServer
}

// talk sends a line and waits for it to come back.
func (s *session) talk(text string) error {
	s.SetDeadline(time.Now().Add(testnet.Patience))
	if _, err := fmt.Fprintln(s, text); err != nil {
		return err
	}
	got, err := s.reader.ReadString('\n')
	if err == nil && got != text+"\n" {
		err = fmt.Errorf("got %d bytes that differ from the %d sent", len(got), len(text)+1)
	}
	return err
}

func mustTalk(t *testing.T, sessions []*session, text string) {
	t.Helper()
	for _, s := range sessions {
		if err := s.talk(text); err != nil {
			t.Fatalf("talk to %s from port %d: %v", s.server, s.port, err)
		}
	}
}

const pressed = "the load"

// press sends a line now and then, whether the last one has come back or not: a client that only waits does not find
// out that its server is gone. It ends with the connection, or when it is told to stop.
func (s *session) press(stop *atomic.Bool) error {
	s.SetDeadline(time.Now().Add(testnet.Patience))
	wrote := make(chan error, 1)
	go func() { wrote <- s.writeLines(stop) }()
	err := s.expectLines(stop)
	// Whoever looks first hears of the reset.
	return errors.Join(err, <-wrote)
}

// writeLines writes one line more once it is told to stop: whoever reads waits for one.
func (s *session) writeLines(stop *atomic.Bool) error {
	for {
		last := stop.Load()
		if _, err := fmt.Fprintln(s, pressed); err != nil || last {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (s *session) expectLines(stop *atomic.Bool) error {
	for {
		got, err := s.reader.ReadString('\n')
		switch {
		case err != nil:
			return err
		case got != pressed+"\n":
			return fmt.Errorf("got %q back", got)
		case stop.Load():
			return nil
		}
	}
}
