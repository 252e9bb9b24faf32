// SPDX-License-Identifier: Apache-2.0

// Package limit says what a rate limit is: how people write it, and how fast its clock goes.
package limit

import (
	"fmt"
	"strconv"
	"strings"
)

// Rate is packets or bits per second. The zero rate is no limit.
type Rate struct {
	PerSecond uint64
	Bits      bool
}

// LargestRate keeps the clock from going round while the machine is up: it counts bytes, and takes four
// years for half of its range.
const LargestRate = 1_000_000_000_000 / 2

var rateUnits = []struct {
	name   string
	factor uint64
	bits   bool
}{
	{"gbit", 1_000_000_000, true}, {"mbit", 1_000_000, true}, {"kbit", 1000, true}, {"bit", 1, true},
	{"gpps", 1_000_000_000, false}, {"mpps", 1_000_000, false}, {"kpps", 1000, false}, {"pps", 1, false},
}

// Set reads a rate such as 1000pps or 10mbit. 0 is no limit.
func (r *Rate) Set(text string) error {
	if text == "" || text == "0" {
		*r = Rate{}
		return nil
	}
	for _, unit := range rateUnits {
		number, ok := strings.CutSuffix(strings.ToLower(text), unit.name)
		if !ok {
			continue
		}
		value, err := scaled(number, unit.factor)
		if err != nil {
			return err
		}
		if value == 0 || value > LargestRate || unit.bits && value < 8 {
			return fmt.Errorf("want 1pps or 8bit to 500gpps or 500gbit; 0 for no limit")
		}
		*r = Rate{value, unit.bits}
		return nil
	}
	return fmt.Errorf("want packets per second such as 1000pps or 2mpps, bits per second such as 500kbit or 10gbit, or 0")
}

// scaled reads a whole number, and multiplies it.
func scaled(text string, factor uint64) (uint64, error) {
	value, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is not a whole number", text)
	}
	if value > LargestRate {
		return 0, fmt.Errorf("%s is too large", text)
	}
	return min(value*factor, LargestRate+1), nil
}

// String is what Set reads.
func (r Rate) String() string {
	if r.PerSecond == 0 {
		return "0"
	}
	for _, unit := range rateUnits {
		if unit.bits == r.Bits && r.PerSecond%unit.factor == 0 {
			return fmt.Sprint(r.PerSecond/unit.factor, unit.name)
		}
	}
	return ""
}

// Type is what help calls it.
func (Rate) Type() string { return "rate" }

// Burst is a number of packets or, for a rate in bits, of bytes. The zero burst leaves it to the rate.
type Burst uint64

// LargestBurst is far from half of the clock's range.
const LargestBurst = 1_000_000_000_000

var burstUnits = []struct {
	name   string
	factor uint64
}{{"g", 1_000_000_000}, {"m", 1_000_000}, {"k", 1000}, {"", 1}}

// Set reads a burst such as 500 or 64k.
func (b *Burst) Set(text string) error {
	for _, unit := range burstUnits {
		number, ok := strings.CutSuffix(strings.ToLower(text), unit.name)
		if !ok {
			continue
		}
		value, err := strconv.ParseUint(number, 10, 64)
		if err != nil || value > LargestBurst/unit.factor {
			return fmt.Errorf("want packets, or bytes for a rate in bits, such as 500 or 64k, up to 1000g")
		}
		*b = Burst(value * unit.factor)
		return nil
	}
	return nil
}

// String is what Set reads.
func (b Burst) String() string { return strconv.FormatUint(uint64(b), 10) }

// Type is what help calls it.
func (Burst) Type() string { return "burst" }
