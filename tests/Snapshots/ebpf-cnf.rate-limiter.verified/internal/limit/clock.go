// SPDX-License-Identifier: Apache-2.0

package limit

import (
	"math/bits"
	"time"
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
