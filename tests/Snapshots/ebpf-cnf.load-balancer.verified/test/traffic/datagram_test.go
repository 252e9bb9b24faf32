// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"example.com/my-cnf/internal/testnet"
)

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
	if code, table, stderr := finish(t, c.balancer.Namespace, "backends"); code != 0 || !strings.Contains(table, "10.78.0.3  down") {
		t.Errorf("backends: exit code %d\n%s%s", code, table, stderr)
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
