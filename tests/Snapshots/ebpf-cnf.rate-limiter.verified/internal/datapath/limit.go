// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"net"

	"github.com/cilium/ebpf"

	"example.com/my-cnf/internal/jiffies"
	"example.com/my-cnf/internal/limit"
)

const (
	// firstReading is where the first clock starts: so far that buckets that were never used are full.
	firstReading = 1 << 48
	// mostOwed is more than buckets can owe after packets that were larger than what they held.
	mostOwed = 1 << 30
)

// Limit is a limit as the programs know it.
type Limit = bpfLimit

// SetLimit puts a limit into force at once: a packet sees the old one or the new one. Buckets keep their tokens,
// up to the new burst, unless they are about something else now: then they are full. It returns the burst.
func SetLimit(limits, inForce *ebpf.Map, next limit.Limit) (burst uint64, err error) {
	now, tick, err := jiffies.Now()
	if err != nil {
		return 0, err
	}
	index, old, err := limitInForce(limits, inForce)
	if err != nil {
		return 0, err
	}
	fresh := old
	if old.Seed == 0 {
		old.Start = firstReading
	}

	speed := next.Rate.Speed(tick)
	fresh.Burst, fresh.Step, fresh.Fraction = next.Tokens(speed), speed.Step, speed.Fraction
	fresh.Ipv4Mask, fresh.Ipv6Mask = masks(next)
	fresh.CountBytes = number(next.Rate.Bits)
	fresh.PerFlow = number(next.Per == limit.PerFlow)
	fresh.PerInterface = number(next.Per == limit.PerInterface)
	fresh.Since, fresh.Start = now, readClock(old, now)
	if !sameBuckets(old, fresh) {
		fresh.Start += old.Burst + fresh.Burst + mostOwed
		// With another seed nobody finds what a CPU holds of the tokens of before.
		fresh.Seed = random()
	}

	if err := limits.Put(uint32(1-index), &fresh); err != nil {
		return 0, fmt.Errorf("write limit: %w", err)
	}
	if err := inForce.Put(uint32(0), 1-index); err != nil {
		return 0, fmt.Errorf("put limit into force: %w", err)
	}
	return fresh.Burst, nil
}

func limitInForce(limits, inForce *ebpf.Map) (index uint64, current Limit, err error) {
	if err := inForce.Lookup(uint32(0), &index); err != nil {
		return 0, current, fmt.Errorf("find limit in force: %w", err)
	}
	if err := limits.Lookup(uint32(index), &current); err != nil {
		return 0, current, fmt.Errorf("read limit: %w", err)
	}
	return index, current, nil
}

// readClock is what limit_clock computes in the programs.
func readClock(l Limit, now uint64) uint64 {
	clock := limit.Clock{Since: l.Since, Start: l.Start, Speed: limit.Speed{Step: l.Step, Fraction: l.Fraction}}
	return clock.Read(now)
}

func sameBuckets(a, b Limit) bool {
	return a.Burst > 0 && a.CountBytes == b.CountBytes && a.PerFlow == b.PerFlow && a.PerInterface == b.PerInterface &&
		a.Ipv4Mask == b.Ipv4Mask && a.Ipv6Mask == b.Ipv6Mask
}

// masks are what is left of addresses, in the words of the programs.
func masks(l limit.Limit) (ipv4 uint64, ipv6 [2]uint64) {
	mask := net.CIDRMask(int(l.IPv6Prefix), 128)
	return uint64(binary.NativeEndian.Uint32(net.CIDRMask(int(l.IPv4Prefix), 32))),
		[2]uint64{binary.NativeEndian.Uint64(mask), binary.NativeEndian.Uint64(mask[8:])}
}

func number(yes bool) uint32 {
	if yes {
		return 1
	}
	return 0
}

// random is never 0, which stands for a table that was never written.
func random() uint64 {
	var seed [8]byte
	rand.Read(seed[:])
	return binary.NativeEndian.Uint64(seed[:]) | 1
}
