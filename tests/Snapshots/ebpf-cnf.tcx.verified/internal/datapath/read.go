// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"example.com/my-cnf/internal/flows"
)

// Flows reads the flow table.
func (d *Datapath) Flows() ([]flows.Flow, error) {
	return readFlows(d.objects.Flows, d.objects.FlowDetails, d.names)
}

// PinnedFlows reads the flow table that a run with the same pin folder uses or has kept.
func PinnedFlows(pin string) ([]flows.Flow, error) {
	spec, err := Spec()
	if err != nil {
		return nil, err
	}
	names, err := NamesOf(spec)
	if err != nil {
		return nil, err
	}
	fingerprints, err := layouts(spec)
	if err != nil {
		return nil, err
	}
	pins := &pinFolder{path: pin}
	maps := map[string]*ebpf.Map{flowsMap: nil, flowDetailsMap: nil}
	for name := range maps {
		// Not for reading only: then the kernel would not map its memory.
		m, err := ebpf.LoadPinnedMap(pins.mapPath(name), nil)
		if err != nil {
			return nil, fmt.Errorf("open pinned flow table: %w", err)
		}
		defer m.Close()
		if !pins.hasLayout(name, fingerprints[name]) {
			return nil, errors.New("read pinned flow table: another version wrote it: read it with the same version as run, or ask run by --address")
		}
		maps[name] = m
	}
	return readFlows(maps[flowsMap], maps[flowDetailsMap], names)
}

func readFlows(table, details *ebpf.Map, names Names) ([]flows.Flow, error) {
	boot, err := bootTime()
	if err != nil {
		return nil, err
	}
	var list []flows.Flow
	err = ReadFlows(table, details, func(key FlowKey, stats FlowStats) {
		list = append(list, Decode(key, stats, boot, names))
	})
	if err != nil {
		return nil, err
	}
	flows.Sort(list)
	return list, nil
}

// bootTime is the zero of bpf_ktime_get_ns, which does not count time in suspend.
func bootTime() (time.Time, error) {
	now, err := monotonic()
	return time.Now().Add(-now), err
}

func monotonic() (time.Duration, error) {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		return 0, fmt.Errorf("read clock: %w", err)
	}
	return time.Duration(now.Nano()), nil
}

// Decode turns an entry of the flow table into a flow.
func Decode(key FlowKey, stats FlowStats, boot time.Time, names Names) flows.Flow {
	return flows.Flow{
		Source:          netip.AddrFrom16(key.Saddr.In6U.U6Addr8).Unmap(),
		SourcePort:      hostOrder(key.Sport),
		Destination:     netip.AddrFrom16(key.Daddr.In6U.U6Addr8).Unmap(),
		DestinationPort: hostOrder(key.Dport),
		Protocol:        flows.Protocol(key.Protocol),
		VLAN:            key.Vlan,
		Direction:       nameOf(names.Directions, int(key.Direction)),
		Packets:         stats.Packets,
		Bytes:           stats.Bytes,
		FirstSeen:       boot.Add(time.Duration(stats.FirstSeenNs)),
		LastSeen:        boot.Add(time.Duration(stats.LastSeenNs)),
		TCPFlags:        flows.TCPFlags(stats.TcpFlags),
	}
}

// hostOrder converts a port from network byte order.
func hostOrder(port uint16) uint16 {
	var bytes [2]byte
	binary.NativeEndian.PutUint16(bytes[:], port)
	return binary.BigEndian.Uint16(bytes[:])
}

func nameOf(names []string, i int) string {
	if i < len(names) {
		return names[i]
	}
	return fmt.Sprintf("%d", i)
}

// TotalCount is the number of packets with one direction, verdict and reason.
type TotalCount struct {
	Direction, Verdict, Reason string
	Packets, Bytes             uint64
}

// Totals reads the totals of all CPUs.
func (d *Datapath) Totals() ([]TotalCount, error) {
	sums, err := sumCPUs(d.objects.Totals, func(sum *Total, cpu Total) {
		sum.Packets += cpu.Packets
		sum.Bytes += cpu.Bytes
	})
	if err != nil {
		return nil, fmt.Errorf("read totals: %w", err)
	}
	return d.names.totals(sums)
}

func (n Names) totals(sums []Total) ([]TotalCount, error) {
	if want := len(n.Directions) * len(n.Verdicts) * len(n.Reasons); len(sums) != want {
		return nil, fmt.Errorf("read totals: the map has %d entries, want %d", len(sums), want)
	}
	list := make([]TotalCount, 0, len(sums))
	for i, sum := range sums {
		reason, rest := i%len(n.Reasons), i/len(n.Reasons)
		list = append(list, TotalCount{
			Direction: n.Directions[rest/len(n.Verdicts)],
			Verdict:   n.Verdicts[rest%len(n.Verdicts)],
			Reason:    n.Reasons[reason],
			Packets:   sum.Packets,
			Bytes:     sum.Bytes,
		})
	}
	return list, nil
}

// Counters are the events that the programs count beside packets.
type Counters struct {
	FlowsInserted, FlowsEvicted, FlowsNotInserted, EventsLost uint64
}

// Counters reads the counters of all CPUs.
func (d *Datapath) Counters() (Counters, error) {
	sums, err := sumCPUs(d.objects.Counters, func(sum *uint64, cpu uint64) { *sum += cpu })
	if err != nil {
		return Counters{}, fmt.Errorf("read counters: %w", err)
	}
	return Counters{
		FlowsInserted:    sums[bpfCounterCOUNTER_FLOWS_INSERTED],
		FlowsEvicted:     sums[bpfCounterCOUNTER_FLOWS_EVICTED],
		FlowsNotInserted: sums[bpfCounterCOUNTER_FLOWS_NOT_INSERTED],
		EventsLost:       sums[bpfCounterCOUNTER_EVENTS_LOST],
	}, nil
}

// sumCPUs reads a per-CPU array in one system call and adds up what the CPUs counted.
func sumCPUs[V any](m *ebpf.Map, add func(sum *V, cpu V)) ([]V, error) {
	cpus, err := ebpf.PossibleCPU()
	if err != nil {
		return nil, err
	}
	entries := int(m.MaxEntries())
	keys, values := make([]uint32, entries), make([]V, entries*cpus)
	var cursor ebpf.MapBatchCursor
	n, err := m.BatchLookup(&cursor, keys, values, nil)
	if err != nil && !errors.Is(err, ebpf.ErrKeyNotExist) {
		return nil, err
	}
	if n != entries {
		return nil, fmt.Errorf("got %d of %d entries", n, entries)
	}
	sums := make([]V, entries)
	for i := range entries {
		for cpu := range cpus {
			add(&sums[keys[i]], values[i*cpus+cpu])
		}
	}
	return sums, nil
}
