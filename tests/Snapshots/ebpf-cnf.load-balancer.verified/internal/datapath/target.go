// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"time"

	"example.com/my-cnf/internal/balancer"
)

// target is a backend of a service, and what is known about it.
type target struct {
	service balancer.Service
	backend balancer.Backend
	number  int
	health  balancer.Health
	route   balancer.Route
	// lost is why there is no route.
	lost error
	// next is when the next check is due, probing whether one is under way.
	next    time.Time
	probing bool
}

// usable tells whether packets can go to the target, be it only those of flows that it has.
func (t *target) usable() bool { return t.health.Up && t.lost == nil }

const (
	stateUp          = "up"
	stateDown        = "down"
	stateDraining    = "draining"
	stateUnreachable = "unreachable"
)

func (t *target) state() string {
	switch {
	case t.lost != nil:
		return stateUnreachable
	case !t.health.Up:
		return stateDown
	case t.backend.Weight == 0:
		return stateDraining
	}
	return stateUp
}

// reason is why packets cannot go to the target.
func (t *target) reason() error {
	switch {
	case t.lost != nil:
		return t.lost
	case !t.health.Up:
		return t.health.Reason
	}
	return nil
}

func identityFor(service balancer.Service, backend balancer.Backend) balancer.Identity {
	return balancer.Identity{Service: service.Endpoint, Address: backend.Address}
}

// compile works out the tables.
func compile(tables *tables, services []balancer.Service, targets map[balancer.Identity]*target) half {
	h := half{services: services, backends: map[int]bpfBackend{}}
	for i, service := range services {
		var shares []balancer.Share
		var numbers []uint16
		for _, backend := range service.Backends {
			t := targets[identityFor(service, backend)]
			if !t.usable() {
				continue
			}
			shares = append(shares, balancer.Share{Address: backend.Address, Weight: backend.Weight})
			numbers = append(numbers, uint16(t.number))
			h.backends[t.number] = t.entry(uint32(i + 1))
		}
		places := tables.ring(service.Endpoint, shares)
		ring := make([]uint16, len(places))
		for place, index := range places {
			ring[place] = numbers[index]
		}
		h.rings = append(h.rings, ring)
	}
	return h
}

// entry is the target as packets see it.
func (t *target) entry(service uint32) bpfBackend {
	entry := bpfBackend{Destination: t.route.Destination, Source: t.route.Source, Service: service, Interface: uint32(t.route.Interface), Number: uint32(t.number)}
	switch {
	case t.service.Forward == balancer.L2:
		entry.Mode = bpfForwardModeFORWARD_L2
	case t.backend.Address.Is4():
		entry.Mode = bpfForwardModeFORWARD_IPV4
	default:
		entry.Mode = bpfForwardModeFORWARD_IPV6
	}
	if t.route.Local.IsValid() {
		entry.Local.In6U.U6Addr8 = t.route.Local.As16()
	}
	entry.Remote.In6U.U6Addr8 = t.backend.Address.As16()
	if t.backend.Weight == 0 {
		entry.Drains = 1
	}
	return entry
}
