// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"
)

// meter measures what programs cost for packets of many flows.
type meter struct {
	benchObjects
	packet []byte
	repeat int
}

func newMeter(t testing.TB, repeat int) *meter {
	t.Helper()
	m := &meter{packet: datagram(t, blockedPort), repeat: repeat}
	load(t, loadBench, nil, &m.benchObjects)
	onOneCPU(t)
	return m
}

// onOneCPU keeps the test on one CPU, which keeps what the program has touched in its caches.
func onOneCPU(t testing.TB) {
	t.Helper()
	runtime.LockOSThread()
	var allowed, one unix.CPUSet
	err := unix.SchedGetaffinity(0, &allowed)
	for cpu := 0; one.Count() == 0 && err == nil; cpu++ {
		if allowed.IsSet(cpu) {
			one.Set(cpu)
			err = unix.SchedSetaffinity(0, &one)
		}
	}
	if err != nil {
		t.Fatalf("stay on one CPU: %v", err)
	}
	t.Cleanup(func() {
		unix.SchedSetaffinity(0, &allowed)
		runtime.UnlockOSThread()
	})
}

// round is one measurement, the kernel's own, in nanoseconds for each packet. The whole call
// takes milliseconds more: for repetitions the kernel prepares the program as if it were
// attached.
func (m *meter) round(t testing.TB, program *ebpf.Program, want uint32) time.Duration {
	t.Helper()
	if err := m.Measured.Put(uint32(0), program); err != nil {
		t.Fatalf("choose program: %v", err)
	}
	// A signal makes the kernel begin again, with its clock as well.
	verdict, each, err := m.Generate.Benchmark(m.packet, m.repeat, func() {})
	if err != nil || verdict != want {
		t.Fatalf("measured a program that returns %d (%v), want %d", verdict, err, want)
	}
	return each
}

func (m *meter) set(t testing.TB, flows uint32) {
	t.Helper()
	if err := m.Flows.Set(flows); err != nil {
		t.Fatalf("set flows: %v", err)
	}
}

// entries sums up the table: how many sources it has, and how many packets they sent.
func (m *meter) entries(t testing.TB) (sources int, packets uint64) {
	t.Helper()
	keys, values := make([]uint32, m.Sources.MaxEntries()), make([]uint64, m.Sources.MaxEntries())
	var cursor ebpf.MapBatchCursor
	// The last batch comes with an error.
	sources, err := m.Sources.BatchLookup(&cursor, keys, values, nil)
	if sources == 0 {
		t.Fatalf("read sources: %v", err)
	}
	for _, value := range values[:sources] {
		packets += value
	}
	return sources, packets
}

func median(rounds []time.Duration) time.Duration {
	slices.Sort(rounds)
	return rounds[len(rounds)/2]
}

// BenchmarkCountSource says what the program costs beyond one that does nothing. The two
// take turns, so that whatever slows the machine down slows down both.
func BenchmarkCountSource(b *testing.B) {
	for _, flows := range []uint32{1, 1 << 10, 1 << 16} {
		b.Run(fmt.Sprint("flows=", flows), func(b *testing.B) {
			m := newMeter(b, 1_000_000)
			m.set(b, flows)
			m.round(b, m.CountSource, drop)
			var nothing, counting []time.Duration
			for b.Loop() {
				nothing = append(nothing, m.round(b, m.Nothing, drop))
				counting = append(counting, m.round(b, m.CountSource, drop))
			}
			if sources, _ := m.entries(b); sources != int(flows) {
				b.Fatalf("measured %d flows, want %d", sources, flows)
			}
			b.ReportMetric(float64(median(counting)-median(nothing)), "ns/packet")
			b.ReportMetric(float64(slices.Min(counting)-slices.Min(nothing)), "min-ns/packet")
			// This is the time of a whole round.
			b.ReportMetric(0, "ns/op")
		})
	}
}

// A benchmark is a program that needs a test: this one asks whether it measures what it says.
func TestMeter(t *testing.T) {
	m := newMeter(t, 1<<12)
	m.set(t, 1<<10)
	if cost := m.round(t, m.CountSource, drop); cost <= 0 {
		t.Errorf("a packet took %s", cost)
	}
	var generated, forwarded, expired uint64
	get(t, m.Generated, &generated)
	if sources, packets := m.entries(t); sources != 1<<10 || packets != generated {
		t.Errorf("%d packets of %d sources were counted, want %d of %d", packets, sources, generated, 1<<10)
	}

	m.round(t, m.Forward, pass)
	get(t, m.Forwarded, &forwarded)
	get(t, m.Expired, &expired)
	if forwarded < 1<<12 || expired != 0 {
		t.Errorf("forwarded %d packets, and %d had expired", forwarded, expired)
	}
}

func get(t testing.TB, variable *ebpf.Variable, value *uint64) {
	t.Helper()
	if err := variable.Get(value); err != nil {
		t.Fatalf("read variable: %v", err)
	}
}
