// SPDX-License-Identifier: Apache-2.0

// Package jiffies reads the clock that costs programs no call: the verifier puts a load in the place of bpf_jiffies64.
package jiffies

import (
	"fmt"
	"math/bits"
	"time"

	"golang.org/x/sys/unix"
)

// userTick is the unit of times(2) on all architectures that we build for, whatever the kernel's own is.
const userTick = 10 * time.Millisecond

// Length is the time between two jiffies. The kernel's coarse clocks go on with them.
func Length() (time.Duration, error) {
	var resolution unix.Timespec
	if err := unix.ClockGetres(unix.CLOCK_MONOTONIC_COARSE, &resolution); err != nil {
		return 0, fmt.Errorf("find out how often the kernel's clock ticks: %w", err)
	}
	length := time.Duration(resolution.Nano())
	if length < 100*time.Microsecond || length > 100*time.Millisecond {
		return 0, fmt.Errorf("find out how often the kernel's clock ticks: not every %s", length)
	}
	return length, nil
}

// Now is the number of the present jiffy, or of one that was up to 10 ms before: times(2) is where the kernel shows
// its jiffies, rounded down to a unit of that.
func Now() (now uint64, length time.Duration, err error) {
	if length, err = Length(); err != nil {
		return 0, 0, err
	}
	ticks, err := unix.Times(nil)
	if err != nil {
		return 0, 0, fmt.Errorf("read the kernel's clock: %w", err)
	}
	high, low := bits.Mul64(uint64(ticks), uint64(userTick))
	now, _ = bits.Div64(high, low, uint64(length))
	return now, length, nil
}
