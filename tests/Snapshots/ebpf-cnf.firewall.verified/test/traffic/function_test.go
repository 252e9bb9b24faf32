// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	"example.com/my-cnf/internal/testnet"
)

const (
	openPort, closedPort = 7001, 7002
	datagrams            = 10
)

// neighbours is what IPv6 needs to find the other end.
const neighbours = "  - {name: neighbours, action: allow, protocol: icmpv6, icmp-type: [neighbor-solicitation, neighbor-advertisement]}\n"

// expectArrivals sends datagrams to a port of near, and wants that many to arrive.
func expectArrivals(t *testing.T, b *bench, what string, version, port, want int) {
	t.Helper()
	r := receive(t, b, version, port)
	defer r.Close()
	r.send(t, b, datagrams)
	if got := r.arrived(t, want); got != want {
		t.Errorf("%s: %d of %d datagrams over IPv%d arrived at port %d, want %d", what, got, datagrams, version, port, want)
	}
}

func TestRulesDecideAndAreCounted(t *testing.T) {
	b := place(t)
	rules := rulesFile(t, fmt.Sprintf(`default: allow
stateful: false
rules:
  - name: closed
    action: deny
    direction: ingress
    protocol: udp
    source: [%s, %s]
    destination-port: %d
`, b.far.IPv4, b.far.IPv6, closedPort))
	for _, version := range []int{4, 6} {
		expectArrivals(t, b, "without the CNF", version, closedPort, datagrams)
	}
	p := b.start(t, "--rules", rules, "--events", "--sample-drops", "1")
	for _, version := range []int{4, 6} {
		expectArrivals(t, b, "denied", version, closedPort, 0)
		expectArrivals(t, b, "allowed", version, openPort, datagrams)
	}

	if got := countedTotals(p)[totalKey{"ingress", "denied drop"}].packets; got != 2*datagrams {
		t.Errorf("%d packets are counted as denied, want %d", got, 2*datagrams)
	}
	if got := p.metrics()[`cnf_rule_packets_total{action="deny",rule="closed"}`]; got != 2*datagrams {
		t.Errorf("the rule has denied %v packets, want %d", got, 2*datagrams)
	}
	eventually(t, func() error {
		if got := strings.Count(p.log(), " kind=dropped "); got != 2*datagrams || strings.Count(p.log(), " cause=closed") != got {
			return fmt.Errorf("%d drops are logged, want %d with their cause:\n%s", got, 2*datagrams, p.log())
		}
		return nil
	})
	code, table, stderr := finish(t, b.inside(), "rules", "show")
	if code != 0 || !strings.Contains(table, "closed       deny    20") {
		t.Errorf("rules show: exit code %d\n%s%s", code, table, stderr)
	}
	p.stop()
	expectArrivals(t, b, "after the CNF", 4, closedPort, datagrams)
}

// The rule is about packets that come in. What near sends has no rule, so it needs a connection.
func TestRepliesPass(t *testing.T) {
	b := place(t)
	rules := func(stateful bool) string {
		return rulesFile(t, fmt.Sprintf("default: deny\nstateful: %t\nrules:\n%s"+
			"  - {name: service, action: allow, direction: ingress, protocol: [tcp, udp], destination-port: %d}\n", stateful, neighbours, testnet.ServerPort))
	}
	p := b.start(t, "--rules", rules(true))
	for _, version := range []int{4, 6} {
		testnet.UDP(t, b.far, b.near, version, messages, size)
		testnet.TCP(t, b.far, b.near, version, messages, size)
		expectNoAnswer(t, b.near, b.far, version, testnet.ServerPort)
	}
	metrics := p.metrics()
	if got := metrics["cnf_connections"]; got != 4 {
		t.Errorf("there are %v connections, want 4", got)
	}
	if got := metrics[`cnf_rule_packets_total{action="allow",rule="established"}`]; got < 4*(messages-1) {
		t.Errorf("%v packets were of connections, want more", got)
	}
	p.stop()

	if len(directions) < 2 {
		return
	}
	p = b.start(t, "--rules", rules(false))
	expectNoAnswer(t, b.far, b.near, 4, testnet.ServerPort)
	p.stop()
}

func TestReloadedRulesTakeEffect(t *testing.T) {
	b := place(t)
	deny := func(port int) string {
		return fmt.Sprintf("default: allow\nrules:\n  - {name: closed, action: deny, protocol: udp, destination-port: %d}\n", port)
	}
	rules := rulesFile(t, deny(closedPort))
	p := b.start(t, "--rules", rules)
	expectArrivals(t, b, "before", 4, closedPort, 0)
	reload := func(content, log string) {
		t.Helper()
		must(t, os.WriteFile(rules, []byte(content), 0o600))
		must(t, p.command.Process.Signal(syscall.SIGHUP))
		eventually(t, func() error {
			if !strings.Contains(p.log(), log) {
				return fmt.Errorf("the log does not say %q:\n%s", log, p.log())
			}
			return nil
		})
	}
	reload("default: allow\nrules:\n  - {name: closed, action: denied}\n", `rules.yaml:3: \"denied\" is no action`)
	expectArrivals(t, b, "after a bad file", 4, closedPort, 0)
	reload(deny(openPort), "settings reloaded")
	expectArrivals(t, b, "after the change, the one", 4, closedPort, datagrams)
	expectArrivals(t, b, "after the change, the other", 4, openPort, 0)
	if got := p.metrics()[`cnf_rule_packets_total{action="deny",rule="closed"}`]; got != 3*datagrams {
		t.Errorf("the rule has denied %v packets, want %d: it should go on counting", got, 3*datagrams)
	}
	p.stop()
}

func TestConnectionsSurviveARestart(t *testing.T) {
	b := place(t)
	pin := bpffs(t)
	rules := rulesFile(t, fmt.Sprintf("default: deny\nrules:\n  - {action: allow, direction: ingress, protocol: udp, destination-port: %d}\n", openPort))
	p := b.start(t, "--pin", pin, "--on-exit", "keep", "--rules", rules)
	r := receive(t, b, 4, openPort)
	defer r.Close()
	asking := r.dial(t, b)
	defer asking.Close()
	r.ask(t, asking)
	for _, end := range []func(*process){(*process).stop, (*process).kill} {
		end(p)
		r.expectAnswer(t, asking)
		p = b.start(t, "--pin", pin, "--on-exit", "keep", "--rules", rules)
		r.expectAnswer(t, asking)
	}
	if got := p.metrics()["cnf_connections"]; got != 1 {
		t.Errorf("there are %v connections, want 1", got)
	}
	p.stop()
	detach(t, b, pin)
}

func TestRulesAreCheckedAndTried(t *testing.T) {
	inside := testnet.New(t)
	rules := rulesFile(t, "default: deny\nrules:\n"+neighbours+"  - {name: web, action: allow, protocol: tcp, destination-port: 443}\n")
	expect := func(wantCode int, want string, args ...string) {
		t.Helper()
		code, stdout, stderr := finish(t, inside, append([]string{"rules"}, args...)...)
		if code != wantCode || !strings.Contains(stdout+stderr, want) {
			t.Errorf("rules %v: exit code %d, want %d and %q:\n%s%s", args, code, wantCode, want, stdout, stderr)
		}
	}
	expect(0, "the 2 rules are valid; default: deny", "check", rules)
	expect(0, ": allow, by rule 2, web", "test", rules, "--packet", "ingress tcp 192.0.2.1:5000 192.0.2.2:443")
	expect(0, ": deny, by default", "test", rules, "--packet", "ingress tcp 192.0.2.1:5000 192.0.2.2:80")
	expect(1, "--packet is missing", "test", rules)
	must(t, os.WriteFile(rules, []byte("default: deny\nrules:\n  - {action: allow, port: 1}\n"), 0o600))
	expect(1, "rules.yaml:3: unknown key port", "check", rules)
	expectRefusal(t, launch(t, inside, identity{}, "run", "--check", "--rules", rules), "rules.yaml:3: unknown key port")
}
