// SPDX-License-Identifier: Apache-2.0

package firewall

import (
	"errors"
	"net/netip"
	"slices"
)

// ofLength are the prefixes of one length, with their classes, and markers.
type ofLength struct {
	bits    int
	classes map[netip.Prefix]uint32
}

// group sorts prefixes by length, and adds the markers that lead a binary search over the lengths to the
// longer ones (bpf/function/prefix.h). anywhere is the class of what is in no prefix.
func group(list []classified, anywhere uint32) []ofLength {
	real := make(map[netip.Prefix]uint32, len(list))
	var groups []ofLength
	for _, p := range list {
		real[p.prefix] = p.class
		at, known := slices.BinarySearchFunc(groups, p.prefix.Bits(), func(g ofLength, bits int) int { return g.bits - bits })
		if !known {
			groups = slices.Insert(groups, at, ofLength{p.prefix.Bits(), map[netip.Prefix]uint32{}})
		}
	}
	for _, p := range list {
		for low, high := 0, len(groups); ; {
			middle := (low + high) / 2
			g := groups[middle]
			if g.bits == p.prefix.Bits() {
				g.classes[p.prefix] = p.class
				break
			}
			if g.bits > p.prefix.Bits() {
				high = middle
				continue
			}
			marker := cut(p.prefix, g.bits)
			if _, known := g.classes[marker]; !known {
				g.classes[marker] = classOf(marker, groups[:middle+1], real, anywhere)
			}
			low = middle + 1
		}
	}
	return groups
}

// classOf returns the class of the longest prefix that contains all of another.
func classOf(prefix netip.Prefix, groups []ofLength, real map[netip.Prefix]uint32, anywhere uint32) uint32 {
	for _, g := range slices.Backward(groups) {
		if class, known := real[cut(prefix, g.bits)]; known {
			return class
		}
	}
	return anywhere
}

func cut(prefix netip.Prefix, bits int) netip.Prefix {
	return netip.PrefixFrom(prefix.Addr(), bits).Masked()
}

// step compiles the search over some lengths, and returns its first step.
func (c *compiler) step(groups []ofLength) (Step, error) {
	middle := len(groups) / 2
	step, err := c.hash(groups[middle])
	if err != nil {
		return step, err
	}
	if step.OnMiss, err = c.next(groups[:middle]); err != nil {
		return step, err
	}
	step.OnHit, err = c.next(groups[middle+1:])
	return step, err
}

// next returns the number of the step that goes on with some lengths, 0 if there are none.
func (c *compiler) next(groups []ofLength) (uint32, error) {
	if len(groups) == 0 {
		return 0, nil
	}
	number := uint32(len(c.table.Steps))
	if number == maxSteps {
		return 0, errors.New("compile rules: prefixes have too many different lengths")
	}
	c.table.Steps = append(c.table.Steps, Step{})
	step, err := c.step(groups)
	c.table.Steps[number] = step
	return number, err
}
