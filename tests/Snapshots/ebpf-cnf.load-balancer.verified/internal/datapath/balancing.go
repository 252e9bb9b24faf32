// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"log/slog"
	"sync"
	"time"

	"example.com/my-cnf/internal/balancer"
)

// loadBalancer keeps the tables in step with the services file, with routes and with the health of backends.
type loadBalancer struct {
	log         *slog.Logger
	tables      *tables
	connections *connections

	mu       sync.Mutex
	services []balancer.Service
	numbers  balancer.Numbers
	targets  map[balancer.Identity]*target
}

func newFunction(options FunctionOptions, objects *bpfObjects, log *slog.Logger) (function, error) {
	connections, err := openConnections(objects, options.IdleTimeout)
	if err != nil {
		return nil, err
	}
	numbers, fresh, err := readNumbers(objects.Identities)
	if err != nil {
		return nil, err
	}
	if fresh {
		// What is remembered by numbers that nobody knows any more is worth nothing.
		connections.forget()
	}
	f := &loadBalancer{
		log:         log,
		tables:      &tables{objects: objects, rings: map[balancer.Endpoint]ring{}},
		connections: connections,
		numbers:     numbers,
	}
	if err := f.configure(options.services); err != nil {
		return nil, err
	}
	f.awaitRoutes()
	return f, nil
}

// configure takes other services. On an error everything stays as it was.
func (f *loadBalancer) configure(services []balancer.Service) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	var wanted []balancer.Identity
	for _, service := range services {
		for _, backend := range service.Backends {
			wanted = append(wanted, identityFor(service, backend))
		}
	}
	numbers, err := f.numbers.Assign(wanted)
	if err != nil {
		return err
	}
	targets := f.makeTargets(services, numbers)
	resolve(targets)
	if err := f.begin(numbers); err != nil {
		return err
	}
	if err := f.tables.install(compile(f.tables, services, targets)); err != nil {
		return err
	}
	f.services, f.numbers, f.targets = services, numbers, targets
	for identity, t := range targets {
		if t.lost != nil && !errors.Is(t.lost, balancer.ErrUnresolved) {
			f.log.Warn("backend is unreachable", "service", t.service.Name, "backend", identity.Address, "reason", t.lost)
		}
	}
	return nil
}

// makeTargets keeps what is known of backends that stay.
func (f *loadBalancer) makeTargets(services []balancer.Service, numbers balancer.Numbers) map[balancer.Identity]*target {
	targets := map[balancer.Identity]*target{}
	for _, service := range services {
		for _, backend := range service.Backends {
			identity := identityFor(service, backend)
			t := &target{service: service, backend: backend, number: numbers.Of[identity], health: balancer.NewHealth()}
			t.lost = balancer.ErrUnresolved
			if old, ok := f.targets[identity]; ok {
				if service.Check != nil && old.service.Check != nil && *service.Check == *old.service.Check {
					t.health, t.next = old.health, old.next
				}
				t.route, t.lost = old.route, old.lost
			}
			targets[identity] = t
		}
	}
	return targets
}

// begin writes down whose the numbers are, and lets the counters of new ones begin at zero.
func (f *loadBalancer) begin(numbers balancer.Numbers) error {
	for _, number := range numbers.Given(f.numbers) {
		if err := f.tables.clearTotals(number); err != nil {
			return err
		}
	}
	return writeNumbers(f.tables.objects.Identities, numbers)
}

// resolve finds the ways to all backends, and tells whether one has changed. A way that was known stays in use
// while the next hop does not answer: whether the backend does is for checks to tell.
func resolve(targets map[balancer.Identity]*target) (changed bool) {
	resolver := balancer.NewResolver()
	for _, t := range targets {
		route, err := resolver.Find(t.backend, t.service.Forward)
		if errors.Is(err, balancer.ErrUnresolved) && t.lost == nil && route.Interface == t.route.Interface {
			continue
		}
		changed = changed || route != t.route || (err == nil) != (t.lost == nil)
		t.route, t.lost = route, err
	}
	return changed
}

const (
	// resolvePatience is how long a start waits for neighbours to tell their MAC addresses.
	resolvePatience = time.Second
	resolvePause    = 20 * time.Millisecond
)

// awaitRoutes lets the balancer begin with all its backends, if they answer soon.
func (f *loadBalancer) awaitRoutes() {
	for deadline := time.Now().Add(resolvePatience); time.Now().Before(deadline) && f.unresolved(); time.Sleep(resolvePause) {
		if err := f.resolve(); err != nil {
			return
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, t := range f.targets {
		if errors.Is(t.lost, balancer.ErrUnresolved) {
			f.announce(t)
		}
	}
}

func (f *loadBalancer) unresolved() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, t := range f.targets {
		if errors.Is(t.lost, balancer.ErrUnresolved) {
			return true
		}
	}
	return false
}

// resolve looks for the ways again.
func (f *loadBalancer) resolve() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	before := map[balancer.Identity]string{}
	for identity, t := range f.targets {
		before[identity] = t.state()
	}
	if !resolve(f.targets) {
		return nil
	}
	for identity, t := range f.targets {
		if t.state() != before[identity] {
			f.announce(t)
		}
	}
	return f.tables.install(compile(f.tables, f.services, f.targets))
}

// announce logs that a backend has come or gone.
func (f *loadBalancer) announce(t *target) {
	args := []any{"service", t.service.Name, "backend", t.backend.Address, "state", t.state()}
	if reason := t.reason(); reason != nil {
		args = append(args, "reason", reason)
	}
	f.log.Info("backend changed", args...)
}
