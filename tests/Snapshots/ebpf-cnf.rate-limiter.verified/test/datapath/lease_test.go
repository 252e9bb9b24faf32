// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"testing"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"example.com/my-cnf/internal/datapath"
	"example.com/my-cnf/internal/limit"
	"example.com/my-cnf/test/reference"
)

// onOneCPU keeps the test there.
func onOneCPU(t *testing.T) {
	t.Helper()
	runtime.LockOSThread()
	t.Cleanup(runtime.UnlockOSThread)
	var before, one unix.CPUSet
	must(t, unix.SchedGetaffinity(0, &before))
	one.Set(0)
	must(t, unix.SchedSetaffinity(0, &one))
	t.Cleanup(func() { must(t, unix.SchedSetaffinity(0, &before)) })
}

// share makes all buckets look as if several CPUs took from them, so that this one takes leases.
func (l limiter) share(t *testing.T) {
	t.Helper()
	for i := range uint32(fewBuckets) {
		bucket := make([]byte, 16)
		must(t, l.Maps["buckets"].Lookup(i, &bucket))
		binary.NativeEndian.PutUint32(bucket[4:], ^uint32(0))
		must(t, l.Maps["buckets"].Put(i, bucket))
	}
}

// A CPU takes tokens for many packets at once, but no packet passes that is not paid for, and none is lost.
func TestLeasesArePaidForAndUsedUp(t *testing.T) {
	const burst = 100_000
	onOneCPU(t)
	for _, e := range entries {
		l := newLimiter(t, packets(burst))
		l.passed(t, e, udp4, 1)
		l.share(t)
		_, err := l.Programs[e.program].Run(&ebpf.RunOptions{Data: e.input(udp4), Repeat: 2 * burst})
		must(t, err)
		if got := l.takeTotals(t)[totalKey{e.direction, "pass", reference.None}].packets; got != burst {
			t.Errorf("%s: %d packets passed, want %d", e.program, got, burst)
		}
	}
}

// What a CPU holds in bytes must not count as packets.
func TestLeasesEndWithTheirLimit(t *testing.T) {
	onOneCPU(t)
	e := entries[0]
	l := newLimiter(t, func(l *limit.Limit) { l.Burst = 100_000_000 })
	l.passed(t, e, udp4, 1)
	l.share(t)
	l.passed(t, e, udp4, 1)
	l.set(t, packets(3))
	if got := l.passed(t, e, udp4, 10); got != 3 {
		t.Errorf("%d packets passed under the new limit, want 3", got)
	}
}

func TestLeasesAreForLargeBucketsOnly(t *testing.T) {
	onOneCPU(t)
	e := entries[0]
	for burst, want := range map[uint64]uint64{100: 2, 16383: 2, 16384: 1 + 32} {
		l := newLimiter(t, packets(limit.Burst(burst)))
		l.passed(t, e, udp4, 1)
		l.share(t)
		l.passed(t, e, udp4, 1)
		if got := l.taken(t, burst); got != want {
			t.Errorf("%d tokens were taken from a bucket of %d for two packets, want %d", got, burst, want)
		}
	}
}

// taken are the tokens that are missing in all buckets.
func (l limiter) taken(t *testing.T, burst uint64) (taken uint64) {
	t.Helper()
	var clock uint64
	l.change(t, func(now *datapath.Limit) { clock = now.Start })
	for i := range uint32(fewBuckets) {
		bucket := make([]byte, 16)
		must(t, l.Maps["buckets"].Lookup(i, &bucket))
		if tokens := clock - binary.NativeEndian.Uint64(bucket[8:]); tokens < burst {
			taken += burst - tokens
		}
	}
	return taken
}

// There are more keys than leases, so the empty one meets another's.
func TestLeasesAreNoOtherKeys(t *testing.T) {
	const burst, others = 20_000, 10_000
	onOneCPU(t)
	e := entries[0]
	l := newLimiter(t, packets(burst))
	_, err := l.Programs[e.program].Run(&ebpf.RunOptions{Data: e.input(udp4), Repeat: 2 * burst})
	must(t, err)
	for i := range fewBuckets {
		l.passed(t, e, from(fmt.Sprintf("10.0.0.%d", i), 1), 1)
	}
	l.share(t)
	for i := range others {
		l.passed(t, e, from(fmt.Sprintf("10.1.%d.%d", i>>8, i&255), 1), 1)
	}
	if got := l.passed(t, e, udp4, 10); got != 0 {
		t.Errorf("%d packets passed for tokens of others", got)
	}
}
