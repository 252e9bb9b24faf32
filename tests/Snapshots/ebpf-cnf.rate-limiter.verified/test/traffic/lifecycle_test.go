// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"strings"
	"testing"

	"example.com/my-cnf/internal/testnet"
)

// expectUDP waits until the CNF has counted the datagrams that were sent.
func expectUDP(t *testing.T, b *bench, flows func() []flow, sent uint64) {
	t.Helper()
	want := allDirections(sent)
	eventually(t, func() error {
		if got := udpFlows(b, flows()); !maps.Equal(got, want) {
			return fmt.Errorf("counted %v datagrams, want %v", got, want)
		}
		return nil
	})
}

// expectUDPButFor is expectUDP for a time in which the kernel may have skipped programs.
func expectUDPButFor(t *testing.T, b *bench, flows func() []flow, sent, missed uint64) {
	t.Helper()
	eventually(t, func() error {
		got := udpFlows(b, flows())
		for direction, want := range allDirections(sent) {
			if got[direction] > want || got[direction]+missed < want {
				return fmt.Errorf("counted %v datagrams, want %d or at most %d less", got, want, missed)
			}
		}
		return nil
	})
}

// expectAttached asks the kernel, because a CNF that is gone cannot tell.
func expectAttached(t *testing.T, b *bench, want int) {
	t.Helper()
	eventually(t, func() error {
		if got := attached(t, b); got != want {
			return fmt.Errorf("%d programs are attached, want %d", got, want)
		}
		return nil
	})
}

func TestReadyUntilStopped(t *testing.T) {
	b := place(t)
	pin := bpffs(t)
	p := b.start(t, "--pin", pin)
	if status, body, err := p.get("/livez"); err != nil || status != 200 {
		t.Errorf("GET /livez: %d %q, %v", status, body, err)
	}
	metrics := p.metrics()
	for name, want := range map[string]float64{
		"cnf_links_wanted":      float64(b.links),
		"cnf_links_attached":    float64(b.links),
		"cnf_flow_capacity":     65536,
		"cnf_events_lost_total": 0,
	} {
		if got, ok := metrics[name]; !ok || got != want {
			t.Errorf("%s is %v (%v), want %v", name, got, ok, want)
		}
	}
	for _, label := range []string{`function="rate-limiter"`, fmt.Sprintf("hook=%q", hookName)} {
		if info := buildInfo(t, p); !strings.Contains(info, label) {
			t.Errorf("cnf_build_info has the labels %s, want %s among them", info, label)
		}
	}
	if got := strings.Count(p.log(), "msg=attached hook="+hookName); got != b.links {
		t.Errorf("the log has %d attached links, want %d", got, b.links)
	}
	expectAttached(t, b, b.links)
	p.stop()
	expectAttached(t, b, 0)
	if _, err := os.Stat(pin); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the pin folder is still there: %v", err)
	}
}

// buildInfo returns the labels of the metric that tells what is running.
func buildInfo(t *testing.T, p *process) string {
	t.Helper()
	_, after, found := strings.Cut(p.mustGet("/metrics"), "cnf_build_info{")
	labels, _, ended := strings.Cut(after, "}")
	if !found || !ended {
		t.Fatal("no cnf_build_info")
	}
	return labels
}

// A killed process cannot clean up, so the kernel must.
func TestKillLeavesNothing(t *testing.T) {
	b := place(t)
	p := b.start(t)
	testnet.UDP(t, b.near, b.far, 4, 5, 100)
	expectUDP(t, b, p.flows, 5)
	p.kill()
	expectAttached(t, b, 0)
	testnet.UDP(t, b.near, b.far, 4, 5, 100)

	again := b.start(t)
	testnet.UDP(t, b.near, b.far, 4, 7, 100)
	expectUDP(t, b, again.flows, 7)
	again.stop()
	expectAttached(t, b, 0)
}

func TestPinnedStateSurvivesRestarts(t *testing.T) {
	for name, end := range map[string]func(*process){"stop": (*process).stop, "kill": (*process).kill} {
		t.Run(name, func(t *testing.T) {
			b := place(t)
			pin := bpffs(t)
			p := b.start(t, "--pin", pin, "--on-exit", "keep")
			testnet.UDP(t, b.near, b.far, 4, 5, 100)
			expectUDP(t, b, p.flows, 5)
			end(p)

			// What is pinned goes on counting without a process.
			expectAttached(t, b, b.links)
			testnet.UDP(t, b.near, b.far, 4, 6, 100)
			expectUDP(t, b, func() []flow { return pinnedFlows(t, b, pin) }, 11)

			again := b.start(t, "--pin", pin, "--on-exit", "keep")
			expectAttached(t, b, b.links)
			testnet.UDP(t, b.near, b.far, 4, 7, 100)
			expectUDP(t, b, again.flows, 18)
			again.stop()
			detach(t, b, pin)
		})
	}
}

func pinnedFlows(t *testing.T, b *bench, pin string) []flow {
	t.Helper()
	code, stdout, stderr := finish(t, b.inside(), "flows", "--pin", pin, "-o", "json")
	if code != 0 {
		t.Fatalf("flows --pin: exit code %d\n%s", code, stderr)
	}
	return parseFlows(t, stdout)
}

// detach removes what --on-exit keep has left, and checks that nothing is.
func detach(t *testing.T, b *bench, pin string) {
	t.Helper()
	expectAttached(t, b, b.links)
	if code, _, stderr := finish(t, b.inside(), "detach", "--pin", pin); code != 0 {
		t.Fatalf("detach: exit code %d\n%s", code, stderr)
	}
	expectAttached(t, b, 0)
	if _, err := os.Stat(pin); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the pin folder is still there: %v", err)
	}
}

func TestEventsAreLogged(t *testing.T) {
	b := place(t)
	p := b.start(t, "--events")
	testnet.TCP(t, b.near, b.far, 4, 3, 100)
	port := fmt.Sprintf("=%d ", testnet.ServerPort)
	eventually(t, func() error {
		for kind, want := range map[string]int{"new": len(directions), "closed": len(directions)} {
			got := 0
			for line := range strings.Lines(p.log()) {
				if strings.Contains(line, " kind="+kind+" ") && strings.Contains(line, port) && strings.Contains(line, "protocol=tcp") {
					got++
				}
			}
			if got != want {
				return fmt.Errorf("%d events of kind %s were logged, want %d", got, kind, want)
			}
		}
		return nil
	})
	p.stop()
}

func TestNoFlowTable(t *testing.T) {
	b := place(t)
	p := b.start(t, "--max-flows", "0")
	testnet.UDPOnce(t, b.near, b.far, 4, 50000, 10)
	eventually(t, func() error {
		metrics := p.metrics()
		packets := 0.0
		for series, value := range metrics {
			if strings.HasPrefix(series, "cnf_packets_total{") {
				packets += value
			}
		}
		if packets == 0 {
			return errors.New("no packet was counted")
		}
		return nil
	})
	metrics := p.metrics()
	if list := p.flows(); len(list) != 0 || metrics["cnf_flow_capacity"] != 0 || metrics["cnf_flow_insert_failures_total"] != 0 {
		t.Errorf("got flows %v, capacity %v and %v packets without a flow, want none", list, metrics["cnf_flow_capacity"], metrics["cnf_flow_insert_failures_total"])
	}
	p.stop()
}

func TestFullTableEvictsAndCounts(t *testing.T) {
	const room, sent = 8, 100
	b := place(t)
	p := b.start(t, "--max-flows", fmt.Sprint(room))
	for i := range sent {
		testnet.UDPOnce(t, b.near, b.far, 4, 50000+i, 10)
	}
	eventually(t, func() error {
		metrics := p.metrics()
		entries, inserted, evicted := metrics["cnf_flow_entries"], metrics["cnf_flow_insertions_total"], metrics["cnf_flow_evictions_total"]
		if want := float64(sent * len(directions)); inserted < want || entries > 4*room || evicted != inserted-entries {
			return fmt.Errorf("%v entries (want at most %d), %v inserted (want %v or more), %v evicted (want the difference)", entries, 4*room, inserted, want, evicted)
		}
		return nil
	})
	p.stop()
}
