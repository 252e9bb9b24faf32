// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"context"
	"time"

	"example.com/my-cnf/internal/balancer"
)

const (
	checkInterval   = 50 * time.Millisecond
	resolveInterval = time.Second
)

// result is what a check has found out.
type result struct {
	identity balancer.Identity
	check    balancer.Check
	err      error
}

// run checks backends and looks for routes until ctx ends.
func (f *loadBalancer) run(ctx context.Context) error {
	results := make(chan result)
	checks, routes := time.NewTicker(checkInterval), time.NewTicker(resolveInterval)
	defer checks.Stop()
	defer routes.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return nil
		case <-checks.C:
			f.probeDue(ctx, results)
			err = f.connections.follow()
		case r := <-results:
			err = f.record(r)
		case <-routes.C:
			err = f.resolve()
		}
		if err != nil {
			f.log.Error("tables are not updated", "error", err)
		}
	}
}

// probeDue starts the checks that are due.
func (f *loadBalancer) probeDue(ctx context.Context, results chan<- result) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	for identity, t := range f.targets {
		if t.service.Check == nil || t.probing || now.Before(t.next) {
			continue
		}
		t.probing, t.next = true, now.Add(t.service.Check.Interval)
		go func() {
			r := result{identity, *t.service.Check, t.service.Check.Probe(ctx, t.backend.Address)}
			select {
			case results <- r:
			case <-ctx.Done():
			}
		}()
	}
}

// record takes a result, unless the backend or its check is another by now.
func (f *loadBalancer) record(r result) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	t, ok := f.targets[r.identity]
	if !ok || t.service.Check == nil || *t.service.Check != r.check {
		return nil
	}
	t.probing = false
	if !t.health.Record(t.service.Check, r.err) {
		return nil
	}
	f.announce(t)
	return f.tables.install(compile(f.tables, f.services, f.targets))
}
