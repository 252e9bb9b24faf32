// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"example.com/my-cnf/internal/testnet"
)

func equal(count, weight int) []int { return slices.Repeat([]int{weight}, count) }

const firstPort = 20000

// 1,000 connections to four servers: chi-square with three degrees of freedom stays below 16.27 in 999 of 1,000 trials, if
// they land by weight. The ports are always the same, so the outcome is, too.
func TestConnectionsLandByWeight(t *testing.T) {
	const connections = 1000
	c := newCluster(t, 4)
	weights := []int{1, 2, 3, 4}
	c.write(t, option{version: 4, protocol: "tcp", mode: "l2", weights: weights})
	p := c.start(t)
	byServer := map[string]int{}
	for i := range connections {
		s := c.mustConnect(t, 4, firstPort+i)
		byServer[s.server]++
		s.Close()
	}
	chi := 0.0
	for i, weight := range weights {
		want := connections * float64(weight) / 10
		difference := float64(byServer[fmt.Sprint("server", i)]) - want
		chi += difference * difference / want
	}
	if chi > 16.27 {
		t.Errorf("connections by server: %v, chi-square %.1f", byServer, chi)
	}
	for i, s := range c.servers {
		if got := c.backends(t, p)[s.IPv4]; int(got.Choices) != byServer[s.name] || got.Connections != byServer[s.name] {
			t.Errorf("server%d: %+v, want %d choices and connections", i, got, byServer[s.name])
		}
	}
	p.stop()
}

// Every way to a backend, with messages that need several packets. Each backend must have got its share.
func TestEveryWay(t *testing.T) {
	for _, way := range []struct {
		mode             string
		service, backend int
	}{{"l2", 4, 4}, {"l2", 6, 6}, {"ipip", 4, 4}, {"ipip", 6, 6}, {"ipip", 4, 6}, {"ipip", 6, 4}} {
		t.Run(fmt.Sprintf("%s IPv%d over IPv%d", way.mode, way.service, way.backend), func(t *testing.T) {
			c := newCluster(t, 2)
			unwrapped := []func() int{}
			for _, s := range c.servers {
				s.answerUDP(t, way.service)
				unwrapped = append(unwrapped, s.Unwrap(t))
			}
			for _, protocol := range []string{"tcp", "udp"} {
				c.write(t, option{version: way.service, backendVersion: way.backend, protocol: protocol, mode: way.mode, weights: equal(2, 1)})
				p := c.start(t)
				if protocol == "tcp" {
					sessions, byServer := c.sessions(t, way.service, firstPort, 20)
					expectBoth(t, byServer)
					mustTalk(t, sessions, strings.Repeat("x", 10000))
				} else {
					expectBoth(t, c.datagrams(t, way.service, 20))
				}
				p.stop()
			}
			for i, count := range unwrapped {
				if got := count(); (got > 0) != (way.mode == "ipip") {
					t.Errorf("%d packets were unwrapped at server%d", got, i)
				}
			}
		})
	}
}

func expectBoth(t *testing.T, byServer map[string]int) {
	t.Helper()
	if len(byServer) != 2 {
		t.Errorf("connections by server: %v, want both to have some", byServer)
	}
}

// datagrams sends datagrams of as many flows, three each, and counts the flows by server.
func (c *cluster) datagrams(t *testing.T, version, count int) map[string]int {
	t.Helper()
	byServer := map[string]int{}
	for i := range count {
		var answers []string
		for range 3 {
			answers = append(answers, c.datagram(t, version, firstPort+i))
		}
		byServer[answers[0]]++
		if len(slices.Compact(answers)) != 1 {
			t.Errorf("one flow reached %v", answers)
		}
	}
	return byServer
}

func (c *cluster) datagram(t *testing.T, version, port int) string {
	t.Helper()
	var answer string
	err := c.client.Do(func() error {
		local := net.UDPAddrFromAddrPort(netip.AddrPortFrom(c.client.Address(version), uint16(port)))
		conn, err := net.DialUDP("udp", local, net.UDPAddrFromAddrPort(netip.AddrPortFrom(serviceAddress[version], servicePort)))
		if err != nil {
			return err
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(testnet.Patience))
		if _, err := conn.Write(make([]byte, 1400)); err != nil {
			return err
		}
		buffer := make([]byte, 100)
		n, err := conn.Read(buffer)
		answer = string(buffer[:n])
		return err
	})
	if err != nil {
		t.Fatalf("ask over UDP: %v", err)
	}
	return answer
}

// A server loses its power. Its connections are reset, by a server that knows nothing of them, and those of the others go on.
func TestBackendKilledUnderLoadResetsOnlyItsOwn(t *testing.T) {
	c := newCluster(t, 3)
	c.write(t, option{version: 4, protocol: "tcp", mode: "l2", weights: equal(3, 1), check: "{type: tcp, interval: 100ms, timeout: 100ms, fall: 2}"})
	p := c.start(t)
	sessions, byServer := c.sessions(t, 4, firstPort, 60)
	if len(byServer) != 3 {
		t.Fatalf("connections by server: %v", byServer)
	}

	results := make(chan error, len(sessions))
	var stop atomic.Bool
	for _, s := range sessions {
		go func() {
			var err error
			for err == nil && !stop.Load() {
				err = s.talk(strings.Repeat("x", 3000))
				time.Sleep(5 * time.Millisecond)
			}
			if killed := s.server == "server1"; killed != errors.Is(err, syscall.ECONNRESET) || !killed && err != nil {
				err = fmt.Errorf("port %d, %s: %w", s.port, s.server, cmpError(err))
			} else {
				err = nil
			}
			results <- err
		}()
	}
	time.Sleep(200 * time.Millisecond)
	c.servers[1].Down(t)
	c.awaitState(t, p, c.servers[1].IPv4, "down")
	for range byServer["server1"] {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	stop.Store(true)
	for range len(sessions) - byServer["server1"] {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	if _, after := c.sessions(t, 4, firstPort+100, 20); after["server1"] > 0 || len(after) != 2 {
		t.Errorf("new connections by server: %v", after)
	}
	p.stop()
}

func cmpError(err error) error {
	if err == nil {
		return errors.New("no error")
	}
	return err
}

// Weights of 0 and back, and a server more. Connections stay where they are through all of it.
func TestReloadMovesNoConnection(t *testing.T) {
	c := newCluster(t, 3)
	o := option{version: 4, protocol: "tcp", mode: "l2", weights: []int{1, 1, -1}}
	c.write(t, o)
	p := c.start(t)
	sessions, byServer := c.sessions(t, 4, firstPort, 40)
	expectBoth(t, byServer)

	o.weights = []int{0, 1, -1}
	c.write(t, o)
	c.reload(t, p, "settings reloaded")
	c.awaitState(t, p, c.servers[0].IPv4, "draining")
	mustTalk(t, sessions, "while one drains")
	if _, got := c.sessions(t, 4, firstPort+100, 20); !maps.Equal(got, map[string]int{"server1": 20}) {
		t.Errorf("new connections by server while server0 drains: %v", got)
	}

	o.weights = []int{1, 1, 5}
	c.write(t, o)
	c.reload(t, p, "settings reloaded")
	c.awaitState(t, p, c.servers[2].IPv4, "up")
	mustTalk(t, sessions, "after one has come")
	if _, got := c.sessions(t, 4, firstPort+200, 40); got["server2"] < 20 || len(got) != 3 {
		t.Errorf("new connections by server after server2 has come: %v", got)
	}

	if err := appendFile(c.file, "        nonsense: true\n"); err != nil {
		t.Fatal(err)
	}
	c.reload(t, p, "settings are not reloaded")
	expectLog(t, p, fmt.Sprintf("%s:%d: ", c.file, 11))
	mustTalk(t, sessions, "after a bad file")
	p.stop()
}

// A restart with pins, with a server more: nobody is moved, though the new ring says otherwise.
func TestRestartMovesNoConnection(t *testing.T) {
	c := newCluster(t, 3)
	pin := bpffs(t)
	o := option{version: 4, protocol: "tcp", mode: "l2", weights: []int{1, -1, 1}}
	c.write(t, o)
	p := c.start(t, "--pin", pin, "--on-exit", "keep")
	sessions, byServer := c.sessions(t, 4, firstPort, 40)
	expectBoth(t, byServer)
	p.kill()
	mustTalk(t, sessions, "without a process")

	o.weights = []int{1, 9, 1}
	c.write(t, o)
	p = c.start(t, "--pin", pin)
	c.awaitState(t, p, c.servers[1].IPv4, "up")
	mustTalk(t, sessions, "after the restart")
	if _, got := c.sessions(t, 4, firstPort+100, 40); got["server1"] < 20 {
		t.Errorf("new connections by server: %v", got)
	}
	p.stop()
}

// Health by HTTP goes down and up with hysteresis; without a backend packets are dropped, and counted as such.
func TestHealthByHTTP(t *testing.T) {
	c := newCluster(t, 1)
	var status atomic.Int64
	status.Store(200)
	c.servers[0].answerHealth(t, func() int { return int(status.Load()) })
	c.write(t, option{version: 4, protocol: "udp", mode: "l2", weights: equal(1, 1),
		check: fmt.Sprintf("{type: http, port: %d, path: /healthz, interval: 100ms, rise: 2, fall: 2}", healthPort)})
	c.servers[0].answerUDP(t, 4)
	p := c.start(t)
	if got := c.datagram(t, 4, firstPort); got != "server0" {
		t.Errorf("got an answer from %q", got)
	}
	status.Store(503)
	c.awaitState(t, p, c.servers[0].IPv4, "down")
	if reason := c.backends(t, p)[c.servers[0].IPv4].Reason; !strings.Contains(reason, "503") {
		t.Errorf("the reason is %q", reason)
	}
	c.sendTo(t, 4, 7)
	eventually(t, func() error {
		if got := p.metrics()[`cnf_packets_total{direction="ingress",reason="no_backend",verdict="drop"}`]; got != 7 {
			return fmt.Errorf("%v packets were dropped for lack of a backend, want 7", got)
		}
		return nil
	})
	status.Store(204)
	c.awaitState(t, p, c.servers[0].IPv4, "up")
	if got := c.datagram(t, 4, firstPort); got != "server0" {
		t.Errorf("got an answer from %q", got)
	}
	p.stop()
}

// sendTo sends datagrams to the service that nobody answers.
func (c *cluster) sendTo(t *testing.T, version, count int) {
	t.Helper()
	conn, err := c.client.Dial("udp", netip.AddrPortFrom(serviceAddress[version], servicePort).String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for range count {
		if _, err := conn.Write([]byte("nobody?")); err != nil {
			t.Fatal(err)
		}
	}
}
