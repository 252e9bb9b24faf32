// SPDX-License-Identifier: Apache-2.0

package netdev

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// Handler is told about interfaces that are wanted.
type Handler interface {
	// Add is called for each interface that is wanted, and again when it was renamed and
	// still is. An error is retried.
	Add(Device) error
	// Remove is called for each interface that was added and is gone, or is no longer wanted
	// under its new name.
	Remove(Device)
}

// Watcher keeps a Handler in step with the interfaces of this network namespace.
type Watcher struct {
	selector selector
	handler  Handler
	log      *slog.Logger
	known    map[int]*device
	started  bool
	// reloads holds the newest selector that Follow has not taken yet.
	reloads chan selector

	// Fields for the tests.
	list      func() ([]Device, error)
	subscribe func(context.Context) (<-chan struct{}, error)
	now       func() time.Time
}

// device is a wanted interface.
type device struct {
	Device
	added    bool
	failures int
	retryAt  time.Time
}

const (
	maxFailures  = 6
	firstBackoff = 250 * time.Millisecond
	// settle joins the burst of messages that one change of an interface causes.
	settle = 20 * time.Millisecond
)

// NewWatcher returns a watcher that has not looked at anything yet.
func NewWatcher(options Options, handler Handler, log *slog.Logger) (*Watcher, error) {
	wanted, err := newSelector(options)
	if err != nil {
		return nil, err
	}
	return &Watcher{
		selector: wanted, handler: handler, log: log, known: map[int]*device{}, reloads: make(chan selector, 1),
		list: list, subscribe: subscribe, now: time.Now,
	}, nil
}

// Start adds the interfaces that are there. Those that were asked for by name must be there,
// and adding them must succeed.
func (w *Watcher) Start(ctx context.Context) error {
	devices, err := w.list()
	if err != nil {
		return err
	}
	if err := w.selector.requireExact(devices, "does not exist: check the name with `ip link`"); err != nil {
		return err
	}
	if err := w.reconcile(ctx, devices); err != nil {
		return err
	}
	w.started = true
	if len(w.known) == 0 {
		w.log.Warn("no interface matches yet", "interfaces", w.selector.include.String())
	}
	return nil
}

// Follow adds and removes interfaces until ctx ends. It returns an error when an interface that was
// asked for by name goes away.
func (w *Watcher) Follow(ctx context.Context) error {
	for ctx.Err() == nil {
		changes, err := w.subscribe(ctx)
		if err != nil {
			return err
		}
		if err := w.followUntilClosed(ctx, changes); err != nil {
			return err
		}
	}
	return nil
}

// followUntilClosed looks once at the beginning, because interfaces may have changed
// before the subscription.
func (w *Watcher) followUntilClosed(ctx context.Context, changes <-chan struct{}) error {
	for {
		if err := w.look(ctx); err != nil {
			return err
		}
		var retry <-chan time.Time
		if wait, ok := w.nextRetry(); ok {
			retry = time.After(wait)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-retry:
		case w.selector = <-w.reloads:
		case _, open := <-changes:
			if !open {
				return nil
			}
			time.Sleep(settle)
		}
	}
}

func (w *Watcher) look(ctx context.Context) error {
	devices, err := w.list()
	if err != nil {
		return err
	}
	if err := w.reconcile(ctx, devices); err != nil {
		return err
	}
	return w.selector.requireExact(devices, "was removed or renamed: start again when it is back")
}

// Reload selects other interfaces from now on. Those that are named must be there, or nothing changes.
func (w *Watcher) Reload(options Options) error {
	wanted, err := newSelector(options)
	if err != nil {
		return err
	}
	devices, err := w.list()
	if err != nil {
		return err
	}
	if err := wanted.requireExact(devices, "does not exist: check the name with `ip link`"); err != nil {
		return err
	}
	select {
	case <-w.reloads:
	default:
	}
	w.reloads <- wanted
	return nil
}

func (s selector) requireExact(devices []Device, problem string) error {
	present := map[string]bool{}
	for _, d := range devices {
		present[d.Name] = true
	}
	for _, name := range s.include.names {
		if !present[name] {
			return fmt.Errorf("interface %s %s, or name it by a pattern to wait for it, such as '/^%[1]s$/'", name, problem)
		}
	}
	return nil
}

// reconcile removes first, so that a new interface can take over an old one's name.
func (w *Watcher) reconcile(ctx context.Context, devices []Device) error {
	wanted := map[int]Device{}
	for _, d := range devices {
		if w.selector.match(d.Name) {
			wanted[d.Index] = d
		}
	}
	for index, known := range w.known {
		if _, ok := wanted[index]; !ok {
			delete(w.known, index)
			w.handler.Remove(known.Device)
		}
	}
	for _, d := range devices {
		if _, ok := wanted[d.Index]; !ok || ctx.Err() != nil {
			continue
		}
		if err := w.add(d); err != nil {
			return err
		}
	}
	return nil
}

// add returns an error only for an interface that was asked for by name.
func (w *Watcher) add(d Device) error {
	known, ok := w.known[d.Index]
	if !ok || known.Device != d {
		// What has changed, such as the MTU, may be what made it fail.
		added := ok && known.added && known.Name == d.Name
		known = &device{Device: d, added: added}
		w.known[d.Index] = known
	}
	if known.added || known.failures >= maxFailures || w.now().Before(known.retryAt) {
		return nil
	}
	err := w.handler.Add(d)
	if err == nil {
		known.added = true
		return nil
	}
	if w.selector.exact(d.Name) && !w.started {
		return err
	}
	known.failures++
	known.retryAt = w.now().Add(firstBackoff << known.failures)
	if known.failures == maxFailures {
		w.log.Error("interface is given up until it changes", "interface", d.Name, "attempts", known.failures, "error", err)
		return nil
	}
	w.log.Warn("interface is tried again", "interface", d.Name, "attempt", known.failures, "error", err)
	return nil
}

// nextRetry returns how long to wait for the next interface that is to be tried again.
func (w *Watcher) nextRetry() (time.Duration, bool) {
	var next time.Time
	for _, d := range w.known {
		if d.added || d.failures == 0 || d.failures >= maxFailures {
			continue
		}
		if next.IsZero() || d.retryAt.Before(next) {
			next = d.retryAt
		}
	}
	return max(next.Sub(w.now()), 0), !next.IsZero()
}

// Patterns tells whether interfaces can come that are not there yet.
func (w *Watcher) Patterns() bool { return len(w.selector.include.patterns) > 0 }
