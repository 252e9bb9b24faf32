// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"example.com/my-cnf/internal/balancer"
)

// tables are the maps that packets are balanced by. There are two halves of each: install fills the one that no packet
// uses, and then switches.
type tables struct {
	objects *bpfObjects
	// half is the one in use.
	half uint64
	// rings are the last ones made, by service: most changes concern one service.
	rings map[balancer.Endpoint]ring
}

type ring struct {
	shares []balancer.Share
	places []int
}

// half is what one half of the tables shall hold.
type half struct {
	services []balancer.Service
	// backends are by number; rings hold numbers, and are by service.
	backends map[int]bpfBackend
	rings    [][]uint16
}

// ring makes the ring of a service, or takes the last one if the shares are the same.
func (t *tables) ring(service balancer.Endpoint, shares []balancer.Share) []int {
	if last, ok := t.rings[service]; ok && slices.Equal(last.shares, shares) {
		return last.places
	}
	places := balancer.Ring(shares, balancer.RingSize)
	t.rings[service] = ring{shares, places}
	return places
}

// install lets packets use other tables from one packet to the next.
func (t *tables) install(h half) error {
	next := t.half ^ 1
	endpoints := balancer.Endpoints(h.services)
	slots := t.objects.Services.MaxEntries() / 2
	salt, found := balancer.Salt(endpoints, int(slots))
	if !found {
		return errors.New("place services: no two fit into one slot")
	}
	if err := t.writeServices(uint32(next), endpoints, salt); err != nil {
		return fmt.Errorf("write services: %w", err)
	}
	if err := t.writeRings(uint32(next), h.rings); err != nil {
		return fmt.Errorf("write rings: %w", err)
	}
	if err := t.writeBackends(uint32(next), h.backends); err != nil {
		return fmt.Errorf("write backends: %w", err)
	}

	// Go copies eight bytes in one store, and programs read them in one load.
	generation := salt<<1 | next
	if len(h.services) == 0 {
		generation = 0
	}
	if err := t.objects.Generation.Set(generation); err != nil {
		return fmt.Errorf("switch tables: %w", err)
	}
	t.half = next
	awaitPackets()
	return nil
}

// awaitPackets waits until no packet is in the half that was in use before. This barrier waits for the end of all
// RCU read sections that have begun, and programs run within one. Where it is refused (nohz_full, seccomp), a second is
// much longer than any program runs.
func awaitPackets() {
	const membarrierGlobal = 1
	if _, _, errno := unix.Syscall(unix.SYS_MEMBARRIER, membarrierGlobal, 0, 0); errno != 0 {
		time.Sleep(time.Second)
	}
}

func (t *tables) writeServices(half uint32, endpoints []balancer.Endpoint, salt uint64) error {
	slots := t.objects.Services.MaxEntries() / 2
	values := make([]bpfService, slots)
	for i, endpoint := range endpoints {
		service := &values[endpoint.Slot(salt, int(slots))]
		service.Address.In6U.U6Addr8 = endpoint.Address.As16()
		service.Port = hostOrder(endpoint.Port)
		service.Protocol = uint16(endpoint.Protocol)
		service.Id = uint32(i + 1)
	}
	return writeFrom(t.objects.Services, half*slots, values)
}

func (t *tables) writeRings(half uint32, rings [][]uint16) error {
	if len(rings) == 0 {
		return nil
	}
	const lines = (balancer.RingSize + placesPerLine - 1) / placesPerLine
	values := make([]bpfRingLine, lines*len(rings))
	for i, ring := range rings {
		for place, number := range ring {
			values[i*lines+place/placesPerLine].Backend[place%placesPerLine] = number
		}
	}
	return writeFrom(t.objects.Rings, half*(t.objects.Rings.MaxEntries()/2), values)
}

func (t *tables) writeBackends(half uint32, backends map[int]bpfBackend) error {
	numbers := t.objects.Backends.MaxEntries() / 2
	values := make([]bpfBackend, numbers)
	for number, backend := range backends {
		values[number] = backend
	}
	return writeFrom(t.objects.Backends, half*numbers, values)
}

// writeFrom writes consecutive entries of an array.
func writeFrom[V any](array *ebpf.Map, first uint32, values []V) error {
	keys := make([]uint32, len(values))
	for i := range keys {
		keys[i] = first + uint32(i)
	}
	_, err := array.BatchUpdate(keys, values, nil)
	return err
}

// readNumbers reads whose the numbers are that an earlier run has given.
func readNumbers(identities *ebpf.Map) (numbers balancer.Numbers, fresh bool, err error) {
	limit := identities.MaxEntries()
	keys, values := make([]uint32, limit), make([]bpfIdentity, limit)
	var cursor ebpf.MapBatchCursor
	if _, err := identities.BatchLookup(&cursor, keys, values, nil); err != nil && !errors.Is(err, ebpf.ErrKeyNotExist) {
		return numbers, false, fmt.Errorf("read identities: %w", err)
	}
	numbers = balancer.Numbers{Of: map[balancer.Identity]int{}, Last: int(values[0].Used), Limit: int(limit)}
	for number, value := range values[1:] {
		if value.Used != 0 {
			numbers.Of[identityOf(value)] = number + 1
		}
	}
	return numbers, values[0].Used == 0, nil
}

func identityOf(value bpfIdentity) balancer.Identity {
	address := func(bytes [16]byte) netip.Addr { return netip.AddrFrom16(bytes).Unmap() }
	return balancer.Identity{
		Service: balancer.Endpoint{
			Address: address(value.Service.In6U.U6Addr8), Port: hostOrder(value.Port), Protocol: balancer.Protocol(value.Protocol),
		},
		Address: address(value.Address.In6U.U6Addr8),
	}
}

func writeNumbers(identities *ebpf.Map, numbers balancer.Numbers) error {
	values := make([]bpfIdentity, numbers.Limit)
	values[0].Used = uint32(numbers.Last)
	for identity, number := range numbers.Of {
		value := &values[number]
		value.Service.In6U.U6Addr8 = identity.Service.Address.As16()
		value.Address.In6U.U6Addr8 = identity.Address.As16()
		value.Port = hostOrder(identity.Service.Port)
		value.Protocol = uint16(identity.Service.Protocol)
		value.Used = 1
	}
	if err := writeFrom(identities, 0, values); err != nil {
		return fmt.Errorf("write identities: %w", err)
	}
	return nil
}
