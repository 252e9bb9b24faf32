// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"testing"

	"example.com/my-cnf/internal/testnet"
)

// server tells everybody its name, and sends back what it gets.
type server struct {
	testnet.End
	name string
}

func newServer(t *testing.T, end testnet.End, name string) *server {
	t.Helper()
	s := &server{end, name}
	s.listen(t, func() error {
		listener, err := net.Listen("tcp", fmt.Sprint(":", servicePort))
		if err == nil {
			t.Cleanup(func() { listener.Close() })
			go s.accept(listener)
		}
		return err
	})
	return s
}

func (s *server) listen(t *testing.T, open func() error) {
	t.Helper()
	if err := s.Do(open); err != nil {
		t.Fatalf("listen on %s: %v", s.name, err)
	}
}

func (s *server) accept(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		go s.greet(conn)
	}
}

// greet ends with the client's end of the connection.
func (s *server) greet(conn net.Conn) {
	defer conn.Close()
	fmt.Fprintln(conn, s.name)
	for reader := bufio.NewReader(conn); ; {
		line, err := reader.ReadBytes('\n')
		if err != nil {
			return
		}
		if _, err := conn.Write(line); err != nil {
			return
		}
	}
}

// answerUDP answers datagrams to the service with the server's name.
func (s *server) answerUDP(t *testing.T, version int) {
	t.Helper()
	s.listen(t, func() error {
		address := netip.AddrPortFrom(serviceAddress[version], servicePort)
		conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(address))
		if err != nil {
			return err
		}
		t.Cleanup(func() { conn.Close() })
		go func() {
			buffer := make([]byte, 1<<16)
			for {
				_, from, err := conn.ReadFromUDPAddrPort(buffer)
				if errors.Is(err, net.ErrClosed) {
					return
				}
				conn.WriteToUDPAddrPort([]byte(s.name), from)
			}
		}()
		return nil
	})
}

const healthPort = 8081

// answerHealth serves HTTP whose status the test sets.
func (s *server) answerHealth(t *testing.T, status func() int) {
	t.Helper()
	s.listen(t, func() error {
		listener, err := net.Listen("tcp", fmt.Sprint(":", healthPort))
		if err != nil {
			return err
		}
		web := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/healthz" {
				http.NotFound(w, r)
				return
			}
			w.WriteHeader(status())
		})}
		t.Cleanup(func() { web.Close() })
		go web.Serve(listener)
		return nil
	})
}

func appendFile(path, text string) error {
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	return errors.Join(err, file.Close())
}
