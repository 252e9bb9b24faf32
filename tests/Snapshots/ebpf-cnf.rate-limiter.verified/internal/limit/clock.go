// SPDX-License-Identifier: Apache-2.0

package limit

import (
	"fmt"
	"math/bits"
	"time"

	"golang.org/x/sys/unix"
)

// Speed is how many tokens a tick of the kernel's clock (a jiffy) brings: Step, and Fraction in 2^-24.
type Speed struct{ Step, Fraction uint64 }

const fractionBits = 24

// Speed is what makes the rate.
func (r Rate) Speed(tick time.Duration) Speed {
	perToken := uint64(time.Second)
	if r.Bits {
		perToken *= 8
	}
	high, low := bits.Mul64(r.PerSecond, uint64(tick)<<fractionBits)
	low, carry := bits.Add64(low, perToken/2, 0)
	speed, _ := bits.Div64(high+carry, low, perToken)
	return Speed{speed >> fractionBits, speed & (1<<fractionBits - 1)}
}

// Clock counts tokens: it read Start at the tick Since.
type Clock struct {
	Since, Start uint64
	Speed        Speed
}

// Read is what limit_clock computes in the programs.
func (c Clock) Read(tick uint64) uint64 {
	elapsed := tick - c.Since
	return c.Start + elapsed*c.Speed.Step + elapsed*c.Speed.Fraction>>fractionBits
}

// userTick is the unit of times(2) on all architectures that we build for, whatever the kernel's tick is.
const userTick = 10 * time.Millisecond

// Now is the time between two ticks, and the number of the present one as the programs see it, or of one that was
// up to 10 ms before: times(2) is where the kernel shows its jiffies, rounded down to a unit of that.
func Now() (tick time.Duration, now uint64, err error) {
	if tick, err = tickTime(); err != nil {
		return 0, 0, err
	}
	ticks, err := unix.Times(nil)
	if err != nil {
		return 0, 0, fmt.Errorf("read the kernel's clock: %w", err)
	}
	high, low := bits.Mul64(uint64(ticks), uint64(userTick))
	now, _ = bits.Div64(high, low, uint64(tick))
	return tick, now, nil
}

// tickTime asks the kernel's coarse clocks, which go on with the ticks.
func tickTime() (time.Duration, error) {
	var resolution unix.Timespec
	if err := unix.ClockGetres(unix.CLOCK_MONOTONIC_COARSE, &resolution); err != nil {
		return 0, fmt.Errorf("find out how often the kernel's clock ticks: %w", err)
	}
	tick := time.Duration(resolution.Nano())
	if tick < 100*time.Microsecond || tick > 100*time.Millisecond {
		return 0, fmt.Errorf("find out how often the kernel's clock ticks: not every %s", tick)
	}
	return tick, nil
}
