// SPDX-License-Identifier: Apache-2.0

package netdev

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"
)

// machine is a network namespace whose interfaces the tests make up.
type machine struct {
	devices []Device
	calls   []string
	failing map[string]error
	clock   time.Time
}

func (m *machine) Add(d Device) error {
	if err := m.failing[d.Name]; err != nil {
		m.calls = append(m.calls, "fail "+d.Name)
		return err
	}
	m.calls = append(m.calls, "add "+d.Name)
	return nil
}

func (m *machine) Remove(d Device) { m.calls = append(m.calls, "remove "+d.Name) }

func (m *machine) take() []string {
	calls := m.calls
	m.calls = nil
	return calls
}

func newTestWatcher(t *testing.T, m *machine, interfaces ...string) *Watcher {
	t.Helper()
	w, err := NewWatcher(Options{Interfaces: interfaces}, m, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	w.list = func() ([]Device, error) { return slices.Clone(m.devices), nil }
	w.now = func() time.Time { return m.clock }
	return w
}

func expectCalls(t *testing.T, m *machine, want ...string) {
	t.Helper()
	if got := m.take(); !slices.Equal(got, want) {
		t.Errorf("calls %q, want %q", got, want)
	}
}

func TestStartRequiresExactNames(t *testing.T) {
	m := &machine{devices: []Device{{Index: 1, Name: "lo"}}}
	err := newTestWatcher(t, m, "eth0").Start(t.Context())
	if err == nil || !strings.Contains(err.Error(), "interface eth0 does not exist") {
		t.Errorf("got %v", err)
	}
}

func TestStartFailsWithAnExactName(t *testing.T) {
	broken := errors.New("broken")
	m := &machine{devices: []Device{{Index: 2, Name: "eth0"}}, failing: map[string]error{"eth0": broken}}
	if err := newTestWatcher(t, m, "eth0").Start(t.Context()); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

func TestLookFollowsInterfaces(t *testing.T) {
	m := &machine{devices: []Device{{Index: 1, Name: "lo"}, {Index: 2, Name: "eth0"}}}
	w := newTestWatcher(t, m, "/^eth/")
	look := func(devices ...Device) {
		t.Helper()
		m.devices = devices
		if err := w.look(t.Context()); err != nil {
			t.Fatal(err)
		}
	}

	look(m.devices...)
	expectCalls(t, m, "add eth0")
	look(m.devices...)
	expectCalls(t, m)
	look(Device{Index: 2, Name: "eth0"}, Device{Index: 3, Name: "eth1"})
	expectCalls(t, m, "add eth1")
	look(Device{Index: 2, Name: "eth7"}, Device{Index: 3, Name: "eth1"})
	expectCalls(t, m, "add eth7")
	look(Device{Index: 2, Name: "wan"}, Device{Index: 3, Name: "eth1"})
	expectCalls(t, m, "remove eth7")
	look(Device{Index: 4, Name: "eth1"})
	expectCalls(t, m, "remove eth1", "add eth1")
}

func TestLookFailsWhenAnExactNameGoesAway(t *testing.T) {
	m := &machine{devices: []Device{{Index: 2, Name: "eth0"}}}
	w := newTestWatcher(t, m, "eth0")
	if err := w.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	m.devices = nil
	if err := w.look(t.Context()); err == nil || !strings.Contains(err.Error(), "eth0 was removed") {
		t.Errorf("got %v", err)
	}
}

func TestFailuresAreRetriedAndThenGivenUp(t *testing.T) {
	m := &machine{
		devices: []Device{{Index: 2, Name: "eth0", MTU: 9000}},
		failing: map[string]error{"eth0": errors.New("MTU too large")},
	}
	w := newTestWatcher(t, m, "/^eth/")
	attempts := 0
	for range 100 {
		if err := w.look(t.Context()); err != nil {
			t.Fatal(err)
		}
		attempts += len(m.take())
		m.clock = m.clock.Add(firstBackoff << maxFailures)
	}
	if attempts != maxFailures {
		t.Errorf("%d attempts, want %d", attempts, maxFailures)
	}
	if _, ok := w.nextRetry(); ok {
		t.Error("an interface that was given up is to be tried again")
	}

	m.failing, m.devices[0].MTU = nil, 1500
	if err := w.look(t.Context()); err != nil {
		t.Fatal(err)
	}
	expectCalls(t, m, "add eth0")
}

func TestReload(t *testing.T) {
	m := &machine{devices: []Device{{Index: 2, Name: "eth0"}, {Index: 3, Name: "wg0"}}}
	w := newTestWatcher(t, m, "/^eth/")
	if err := w.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := w.Reload(Options{Interfaces: []string{"eth7"}}); err == nil {
		t.Error("an interface that does not exist is accepted")
	}
	for _, interfaces := range []string{"eth0", "wg0"} {
		if err := w.Reload(Options{Interfaces: []string{interfaces}}); err != nil {
			t.Fatal(err)
		}
	}
	m.take()
	changes := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	w.list = func() ([]Device, error) {
		if len(m.calls) > 0 {
			cancel()
		}
		return m.devices, nil
	}
	go func() {
		// One more look after the reload, and the end.
		changes <- struct{}{}
		changes <- struct{}{}
	}()
	if err := w.followUntilClosed(ctx, changes); err != nil {
		t.Fatal(err)
	}
	expectCalls(t, m, "remove eth0", "add wg0")
}

func TestRetryWaits(t *testing.T) {
	m := &machine{devices: []Device{{Index: 2, Name: "eth0"}}, failing: map[string]error{"eth0": errors.New("busy")}}
	w := newTestWatcher(t, m, "/^eth/")
	for range 2 {
		if err := w.look(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	expectCalls(t, m, "fail eth0")
	if wait, ok := w.nextRetry(); !ok || wait != 2*firstBackoff {
		t.Errorf("next retry in %v, %v", wait, ok)
	}
}

func TestFollowSubscribesAgain(t *testing.T) {
	m := &machine{}
	w := newTestWatcher(t, m, "/^eth/")
	ctx, cancel := context.WithCancel(t.Context())
	subscriptions := 0
	w.subscribe = func(context.Context) (<-chan struct{}, error) {
		subscriptions++
		if subscriptions == 3 {
			cancel()
		}
		m.devices = append(m.devices, Device{Index: subscriptions, Name: fmt.Sprintf("eth%d", subscriptions)})
		closed := make(chan struct{})
		close(closed)
		return closed, nil
	}
	if err := w.Follow(ctx); err != nil {
		t.Fatal(err)
	}
	// The third subscription ended the watch.
	expectCalls(t, m, "add eth1", "add eth2")
}
