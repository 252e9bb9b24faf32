// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
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

// The balancer receives on one interface and sends on another.
func TestBackendsBehindAnotherInterface(t *testing.T) {
	for _, mode := range []string{"l2", "ipip"} {
		t.Run(mode, func(t *testing.T) {
			c := newRouted(t, 2)
			for _, s := range c.servers {
				s.Unwrap(t)
			}
			c.write(t, option{version: 4, protocol: "tcp", mode: mode, weights: equal(2, 1)})
			p := c.start(t)
			sessions, byServer := c.sessions(t, 4, firstPort, 20)
			expectBoth(t, byServer)
			mustTalk(t, sessions, strings.Repeat("x", 10000))
			p.stop()
		})
	}
}

func expectBoth(t *testing.T, byServer map[string]int) {
	t.Helper()
	if len(byServer) != 2 {
		t.Errorf("connections by server: %v, want both to have some", byServer)
	}
}

// A server loses its power. Its connections are reset, by a server that knows nothing of them, and those of the others go on.
func TestBackendKilledUnderLoadResetsOnlyItsOwn(t *testing.T) {
	c := newCluster(t, 3)
	c.write(t, option{version: 4, protocol: "tcp", mode: "l2", weights: equal(3, 1), check: "{type: tcp, interval: 2s, timeout: 2s, fall: 2}"})
	p := c.start(t)
	sessions, byServer := c.sessions(t, 4, firstPort, 60)
	if len(byServer) != 3 {
		t.Fatalf("connections by server: %v", byServer)
	}

	var stop atomic.Bool
	killed, others := make(chan error, len(sessions)), make(chan error, len(sessions))
	for _, s := range sessions {
		results := others
		if s.server == "server1" {
			results = killed
		}
		go func() { results <- s.press(&stop) }()
	}
	time.Sleep(200 * time.Millisecond)
	c.servers[1].Down(t)
	c.awaitState(t, p, c.servers[1].IPv4, "down")
	for range byServer["server1"] {
		if err := <-killed; !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("a connection to the server without power: %v, want a reset", err)
		}
	}
	stop.Store(true)
	for range len(sessions) - byServer["server1"] {
		if err := <-others; err != nil {
			t.Errorf("a connection to another server: %v", err)
		}
	}
	if _, after := c.sessions(t, 4, firstPort+100, 20); after["server1"] > 0 || len(after) != 2 {
		t.Errorf("new connections by server: %v", after)
	}
	p.stop()
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
