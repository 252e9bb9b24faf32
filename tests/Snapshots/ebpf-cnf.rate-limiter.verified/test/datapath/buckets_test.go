// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/cilium/ebpf"

	"example.com/my-cnf/internal/datapath"
	"example.com/my-cnf/internal/limit"
	"example.com/my-cnf/test/reference"
)

// A flood of sources gets what the buckets have together and not more, and takes no bucket from
// those who are held back.
func TestFloodFreesNobody(t *testing.T) {
	const burst, offenders, flood = 4, 32, 20000
	e := entries[0]
	l := newLimiter(t, packets(burst))
	offender := func(i int) []byte { return from(fmt.Sprintf("10.1.0.%d", i), 1) }
	for i := range offenders {
		if got := l.passed(t, e, offender(i), 10); got != burst {
			t.Fatalf("%d packets of offender %d passed, want %d", got, i, burst)
		}
	}
	passed := 0
	for i := range flood {
		passed += l.passed(t, e, from(fmt.Sprintf("10.2.%d.%d", i>>8, i&255), 1), 1)
		if i%100 == 0 && l.passed(t, e, offender(i/100%offenders), 1) != 0 {
			t.Fatalf("offender %d is free after %d packets of the flood", i/100%offenders, i)
		}
	}
	if most := (fewBuckets - offenders) * burst; passed > most || passed < most*9/10 {
		t.Errorf("%d packets of the flood passed, want nearly %d", passed, most)
	}
	for i := range offenders {
		if got := l.passed(t, e, offender(i), 1); got != 0 {
			t.Errorf("offender %d is free after the flood", i)
		}
	}
	var shared []uint64
	must(t, l.Maps["shared_packets"].Lookup(uint32(0), &shared))
	sum := uint64(0)
	for _, n := range shared {
		sum += n
	}
	if sum < flood-fewBuckets {
		t.Errorf("%d packets shared a bucket, want at least %d", sum, flood-fewBuckets)
	}

	// Once they are full all buckets are free for others.
	l.advance(t, burst)
	for i := range fewBuckets / 8 {
		if got := l.passed(t, e, from(fmt.Sprintf("10.3.0.%d", i), 1), 10); got != burst {
			t.Errorf("%d packets of new source %d passed, want %d", got, i, burst)
		}
	}
}

// What was taken from buckets under another limit, which they do not fit any more, is forgotten.
func TestBucketsOfAnotherKindAreFull(t *testing.T) {
	const burst = 4
	e := entries[0]
	l := newLimiter(t, packets(burst))
	for i := range 4 * fewBuckets {
		l.passed(t, e, from(fmt.Sprintf("10.2.%d.%d", i>>8, i&255), 1), burst)
	}
	l.set(t, func(l *limit.Limit) { l.Per = limit.PerFlow; packets(burst)(l) })
	for i := range fewBuckets / 8 {
		if got := l.passed(t, e, from(fmt.Sprintf("10.3.0.%d", i), 1), 10); got != burst {
			t.Errorf("%d packets of flow %d passed, want %d", got, i, burst)
		}
	}
}

// A bucket in use keeps its place while others come and go.
func TestBucketsInUseAreKept(t *testing.T) {
	const burst = 100
	e := entries[0]
	l := newLimiter(t, packets(burst))
	mine := from("192.0.2.1", 1)
	passed := l.passed(t, e, mine, burst/2)
	for round := range 50 {
		l.advance(t, 1)
		for i := range 20 {
			l.passed(t, e, from(fmt.Sprintf("10.%d.0.%d", round, i), 1), 1)
		}
	}
	// What came meanwhile filled it up again.
	if passed += l.passed(t, e, mine, 2*burst); passed != burst+burst/2 {
		t.Errorf("%d packets passed, want %d", passed, burst+burst/2)
	}
}

// The number of packets that pass does not depend on how many CPUs take from one bucket. One that is left
// without packets, because the test moved to another, may keep a lease. Each CPU may take one more at the end, and
// one for nothing at the beginning.
func TestTwoCPUsTakeFromOneBucket(t *testing.T) {
	const lease = 31
	burst := uint64(1_000_000)
	if testing.Short() {
		burst /= 10
	}
	e := entries[0]
	l := newLimiter(t, packets(limit.Burst(burst)))
	cpus := min(runtime.NumCPU(), 2)
	var group sync.WaitGroup
	for range cpus {
		group.Go(func() {
			if _, err := l.Programs[e.program].Run(&ebpf.RunOptions{Data: e.input(udp4), Repeat: uint32(burst + burst/4)}); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	got := l.takeTotals(t)[totalKey{e.direction, "pass", reference.None}].packets
	if got < burst-uint64(runtime.NumCPU())*lease || got > burst+2*uint64(cpus) {
		t.Errorf("%d packets passed on %d CPUs, want %d", got, cpus, burst)
	}
}

// The clock must go as the kernel's does: what passes in a time is what the rate gives, and another
// limit does not change what has come before.
func TestClockFollowsTheKernel(t *testing.T) {
	const rate = 399 // no whole number of tokens per tick
	e := entries[0]
	l := load(t, func(spec *ebpf.CollectionSpec) {
		small(spec)
		leasesOfAllCPUs(spec)
	})
	next := limit.Default()
	next.Rate, next.Burst = limit.Rate{PerSecond: rate}, 5*rate
	set := func() {
		_, err := datapath.SetLimit(l.Maps["limits"], l.Maps["limit_in_force"], next)
		must(t, err)
	}
	set()

	// Emptied at a time between the two: a busy machine may not let the test run for a while.
	empty := func() (begun, ended time.Time) {
		begun = time.Now()
		_, err := l.Programs[e.program].Run(&ebpf.RunOptions{Data: e.input(udp4), Repeat: 20 * rate})
		must(t, err)
		return begun, time.Now()
	}
	firstBegun, firstEnded := empty()
	l.takeTotals(t)
	time.Sleep(time.Second / 2)
	next.Burst = 4 * rate
	set()
	time.Sleep(time.Second / 2)
	lastBegun, lastEnded := empty()
	got := float64(l.takeTotals(t)[totalKey{e.direction, "pass", reference.None}].packets)
	least, most := rate*lastBegun.Sub(firstEnded).Seconds(), rate*lastEnded.Sub(firstBegun).Seconds()
	if got < 0.95*least || got > 1.05*most {
		t.Errorf("%v packets passed, want %.0f to %.0f", got, least, most)
	}
}
