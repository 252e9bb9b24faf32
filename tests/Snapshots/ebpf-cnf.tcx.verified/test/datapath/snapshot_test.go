// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net/netip"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/cilium/ebpf"

	"example.com/my-cnf/internal/datapath"
	"example.com/my-cnf/test/reference"
)

// take reads what the programs counted since start and sets everything to zero.
func (r *rig) take(t testing.TB, start time.Duration) snapshot {
	t.Helper()
	return snapshot{
		flows:    r.takeFlows(t, start),
		totals:   r.takeTotals(t),
		counters: r.takeCounters(t),
		events:   r.takeEvents(t),
	}
}

func (r *rig) takeFlows(t testing.TB, start time.Duration) map[flowKey]flowCount {
	t.Helper()
	flows := map[flowKey]flowCount{}
	table, details := r.Maps["flows"], r.Maps["flow_details"]
	must(t, datapath.ReadFlows(table, details, func(key datapath.FlowKey, stats datapath.FlowStats) {
		flows[r.flowKey(key)] = count(stats)
		first, last := time.Duration(stats.FirstSeenNs), time.Duration(stats.LastSeenNs)
		if now := clock(); first < start || last < first || now < last {
			t.Errorf("a flow was seen from %s to %s, want within %s and %s", first, last, start, now)
		}
	}))
	for _, m := range []*ebpf.Map{table, details} {
		memory, err := m.Memory()
		must(t, err)
		_, err = memory.WriteAt(make([]byte, memory.Size()), 0)
		must(t, err)
	}
	return flows
}

func (r *rig) flowKey(key datapath.FlowKey) flowKey {
	return flowKey{
		direction: r.names.Directions[key.Direction],
		Key: reference.Key{
			Source:          netip.AddrFrom16(key.Saddr.In6U.U6Addr8).Unmap(),
			Destination:     netip.AddrFrom16(key.Daddr.In6U.U6Addr8).Unmap(),
			SourcePort:      networkOrder(key.Sport),
			DestinationPort: networkOrder(key.Dport),
			VLAN:            key.Vlan,
			Protocol:        key.Protocol,
		},
	}
}

func count(stats datapath.FlowStats) flowCount {
	return flowCount{packets: stats.Packets, bytes: stats.Bytes, tcpFlags: stats.TcpFlags}
}

// networkOrder reads a value that the program left in network byte order.
func networkOrder(value uint16) uint16 {
	return binary.BigEndian.Uint16(binary.NativeEndian.AppendUint16(nil, value))
}

func (r *rig) takeTotals(t testing.TB) map[totalKey]total {
	t.Helper()
	totals := map[totalKey]total{}
	for i, cpus := range takeArray[datapath.Total](t, r.Maps["totals"]) {
		var sum total
		for _, cpu := range cpus {
			sum.packets += cpu.Packets
			sum.bytes += cpu.Bytes
		}
		if sum != (total{}) {
			totals[r.totalKey(i)] = sum
		}
	}
	return totals
}

// takeArray reads a per-CPU array, by entry and CPU, and sets it to zero.
func takeArray[V any](t testing.TB, m *ebpf.Map) [][]V {
	t.Helper()
	cpus := ebpf.MustPossibleCPU()
	keys, values := make([]uint32, m.MaxEntries()), make([]V, int(m.MaxEntries())*cpus)
	var cursor ebpf.MapBatchCursor
	n, err := m.BatchLookup(&cursor, keys, values, nil)
	if n != len(keys) {
		t.Fatalf("read %s: %d of %d entries, %v", m, n, len(keys), err)
	}
	_, err = m.BatchUpdate(keys, make([]V, len(values)), nil)
	must(t, err)
	return slices.Collect(slices.Chunk(values, cpus))
}

func (r *rig) totalKey(index int) totalKey {
	reasons, verdicts := len(r.names.Reasons), len(r.names.Verdicts)
	return totalKey{
		direction: r.names.Directions[index/reasons/verdicts],
		verdict:   r.names.Verdicts[index/reasons%verdicts],
		reason:    r.names.Reasons[index%reasons],
	}
}

func (r *rig) takeCounters(t testing.TB) map[string]uint64 {
	t.Helper()
	names := []string{"flows inserted", "flows evicted", "flows not inserted", "events lost"}
	counters := map[string]uint64{}
	for i, cpus := range takeArray[uint64](t, r.Maps["counters"]) {
		for _, cpu := range cpus {
			if cpu > 0 {
				counters[names[i]] += cpu
			}
		}
	}
	return counters
}

// takeEvents reads what is in the ring buffer. Programs have run to their end by now,
// so nothing needs waiting for.
func (r *rig) takeEvents(t testing.TB) []event {
	t.Helper()
	r.events.SetDeadline(time.Unix(1, 0))
	var events []event
	for {
		record, err := r.events.Read()
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return events
		}
		must(t, err)
		var raw datapath.FlowEvent
		must(t, binary.Read(bytes.NewReader(record.RawSample), binary.NativeEndian, &raw))
		if got := binary.Size(raw); got != len(record.RawSample) {
			t.Fatalf("an event has %d bytes, want %d", len(record.RawSample), got)
		}
		if raw.TimestampNs != raw.Stats.LastSeenNs {
			t.Errorf("an event is of %d, its flow was last seen at %d", raw.TimestampNs, raw.Stats.LastSeenNs)
		}
		kind := []string{"new", "closed"}[raw.Kind]
		events = append(events, event{kind: kind, key: r.flowKey(raw.Key), count: count(raw.Stats)})
	}
}
