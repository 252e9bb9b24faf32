// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/cilium/ebpf"

	"example.com/my-cnf/internal/firewall"
)

const (
	fin, syn, rst, ack = 0x01, 0x02, 0x04, 0x10

	clientRule = "default: deny\nrules:\n  - {action: allow, source: [192.0.2.1, '2001:db8::1']}\n"
)

// conversation is between a client, which rules may allow, and a server. All programs of the hook see both
// directions: which way a packet goes has nothing to do with who opened the connection.
type conversation struct {
	filter
	protocol       uint8
	client, server netip.AddrPort
}

func converse(t *testing.T, rules string, protocol uint8, change func(*ebpf.CollectionSpec)) *conversation {
	t.Helper()
	r := load(t, func(spec *ebpf.CollectionSpec) {
		small(spec)
		must(t, firewall.ConfigureConnections(spec, 8))
		change(spec)
	})
	c := &conversation{
		filter: *newFilter(t, r), protocol: protocol,
		client: netip.MustParseAddrPort("192.0.2.1:40000"), server: netip.MustParseAddrPort("198.51.100.1:443"),
	}
	c.rules(t, rules)
	return c
}

func unchanged(*ebpf.CollectionSpec) {}

func (c *conversation) rules(t *testing.T, content string) {
	t.Helper()
	policy, err := firewall.Parse("rules.yaml", []byte(content))
	must(t, err)
	c.install(t, policy)
}

// steps are words like c:SYN (from the client) and s:SYN+ACK! (from the server, and to be dropped).
func (c *conversation) steps(t *testing.T, text string) {
	t.Helper()
	for i, step := range strings.Fields(text) {
		word, denied := strings.CutSuffix(step, "!")
		who, what, _ := strings.Cut(word, ":")
		from, to := c.client, c.server
		if who == "s" {
			from, to = to, from
		}
		packet := firewall.Packet{
			Protocol: c.protocol, Source: from.Addr(), Destination: to.Addr(), SourcePort: from.Port(), DestinationPort: to.Port(),
		}
		var flags byte
		switch {
		case c.protocol == 1 || c.protocol == 58:
			packet.DestinationPort = icmpTypes[what]
		case what == "fragment":
			packet.LaterFragment = true
		default:
			for name := range strings.SplitSeq(what, "+") {
				flags |= tcpFlags[name]
			}
		}
		want := firewall.Allow
		if denied {
			want = firewall.Deny
		}
		e := entries[i%len(entries)]
		if got, _ := c.runFrame(t, e, tcpFrame(packet, flags)); got != want {
			t.Fatalf("step %d of %q, %s: %s, want %s", i+1, text, step, got, want)
		}
	}
}

var (
	tcpFlags  = map[string]byte{"FIN": fin, "SYN": syn, "RST": rst, "ACK": ack, "data": 0}
	icmpTypes = map[string]uint16{
		"request": 8 << 8, "reply": 0, "request6": 128 << 8, "reply6": 129 << 8, "timestamp": 13 << 8, "unreachable": 3 << 8,
	}
)

func TestTCPConnections(t *testing.T) {
	for name, steps := range map[string]string{
		"the server may only answer":             "s:SYN! s:ACK! s:SYN+ACK! c:SYN s:SYN+ACK c:ACK s:ACK c:ACK s:SYN!",
		"a SYN is answered by SYN+ACK":           "c:SYN s:ACK! s:FIN+ACK! s:SYN+ACK s:ACK",
		"a SYN is answered by RST":               "c:SYN s:RST+ACK",
		"a SYN may be sent again":                "c:SYN c:SYN s:SYN+ACK c:ACK s:ACK",
		"a SYN leaves a living connection alone": "c:SYN s:SYN+ACK c:ACK c:SYN s:ACK",
		"both sides close":                       "c:SYN s:SYN+ACK c:ACK s:FIN+ACK c:ACK c:FIN+ACK s:ACK s:ACK",
		"the port is used again":                 "c:SYN s:SYN+ACK c:ACK c:FIN+ACK s:FIN+ACK c:ACK c:SYN s:ACK! s:SYN+ACK s:ACK",
		"a reset that is not genuine":            "c:SYN s:SYN+ACK c:ACK s:RST s:ACK c:ACK s:ACK",
		"the beginning was not seen":             "s:ACK! c:ACK s:ACK s:ACK",
		"a reset opens nothing":                  "c:RST s:ACK!",
	} {
		t.Run(name, func(t *testing.T) { converse(t, clientRule, 6, unchanged).steps(t, steps) })
	}
}

func TestDatagramsAndEchoes(t *testing.T) {
	for _, c := range []struct {
		name, steps string
		protocol    uint8
	}{
		{"UDP", "s:data! c:data s:data s:data c:data", 17},
		{"SCTP", "s:data! c:data s:data", 132},
		{"a protocol without ports", "s:data! c:data s:data", 47},
		{"later fragments have no connection", "c:data s:data c:fragment s:fragment!", 17},
		{"ICMP", "s:reply! c:request s:reply s:request! s:timestamp! s:unreachable!", 1},
		{"ICMP without an answer", "c:timestamp s:timestamp! c:reply s:request!", 1},
		{"ICMPv6", "s:reply6! c:request6 s:reply6 s:request6!", 58},
	} {
		t.Run(c.name, func(t *testing.T) {
			talk := converse(t, clientRule, c.protocol, unchanged)
			if c.protocol == 58 {
				talk.client, talk.server = netip.MustParseAddrPort("[2001:db8::1]:0"), netip.MustParseAddrPort("[2001:db8::2]:0")
			}
			talk.steps(t, c.steps)
		})
	}
}

// Both ends may ask at once, if both are allowed to.
func TestEchoesInBothDirections(t *testing.T) {
	c := converse(t, "default: deny\nrules:\n  - {action: allow, protocol: icmp, icmp-type: echo-request}\n", 1, unchanged)
	c.steps(t, "c:reply! s:reply! c:request s:request c:reply s:reply c:request s:reply c:reply")
}

func TestStatelessRulesKnowNoReplies(t *testing.T) {
	converse(t, "stateful: false\n"+clientRule, 6, unchanged).steps(t, "c:SYN s:SYN+ACK! c:ACK s:ACK!")
}

func TestConnectionsExpire(t *testing.T) {
	c := converse(t, clientRule, 17, func(spec *ebpf.CollectionSpec) {
		must(t, spec.Variables["timeout_unreplied"].Set(uint32(1)))
		must(t, spec.Variables["timeout_replied"].Set(uint32(1000)))
	})
	c.steps(t, "c:data")
	// Twice the unit of time on a kernel with 100 Hz.
	time.Sleep(5200 * time.Millisecond)
	c.steps(t, "s:data! c:data s:data")
	time.Sleep(5200 * time.Millisecond)
	c.steps(t, "s:data")
}

// The table has eight places, all in one bucket.
func TestFloodDoesNotPushOutEstablishedConnections(t *testing.T) {
	c := converse(t, clientRule, 6, unchanged)
	c.steps(t, "c:SYN s:SYN+ACK c:ACK")
	client := c.client
	for port := range uint16(500) {
		c.client = netip.AddrPortFrom(client.Addr(), port+1)
		c.steps(t, "c:SYN")
	}
	c.steps(t, "s:SYN+ACK")
	c.client = client
	c.steps(t, "s:ACK c:ACK")
	count, err := firewall.CountConnections(c.Maps["connections"])
	must(t, err)
	if count != 8 {
		t.Errorf("%d connections, want 8", count)
	}
}

func TestReloadJudgesConnectionsAgain(t *testing.T) {
	const forbidden = "default: deny\nrules:\n  - {action: deny, source: 192.0.2.1}\n"
	const allowed = "default: deny\nrules:\n  - {action: allow, protocol: [tcp, icmp], source: 192.0.2.0/24}\n"
	for protocol, steps := range map[uint8][4]string{
		6: {"c:SYN s:SYN+ACK c:ACK s:ACK", "s:ACK s:ACK c:ACK", "s:ACK! c:ACK! s:ACK!", "s:ACK c:ACK s:FIN+ACK"},
		1: {"c:request s:reply", "s:reply c:request", "s:reply! c:request! s:reply!", "s:reply c:request"},
	} {
		t.Run(fmt.Sprint("protocol ", protocol), func(t *testing.T) {
			c := converse(t, clientRule, protocol, unchanged)
			c.steps(t, steps[0])
			c.rules(t, allowed)
			c.steps(t, steps[1])
			c.rules(t, forbidden)
			c.steps(t, steps[2])
			c.rules(t, allowed)
			c.steps(t, steps[3])
		})
	}
	t.Run("while it opens", func(t *testing.T) {
		c := converse(t, clientRule, 6, unchanged)
		c.steps(t, "c:SYN")
		c.rules(t, allowed)
		c.steps(t, "s:ACK! s:SYN+ACK s:ACK")
	})
}
