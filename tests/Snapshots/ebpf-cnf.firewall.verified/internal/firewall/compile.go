// SPDX-License-Identifier: Apache-2.0

package firewall

import (
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
)

// compiler collects what a table is made of.
type compiler struct {
	policy  *Policy
	slots   Slots
	table   *Table
	classes map[Set]uint32
}

// Compile makes the table of a policy. slots are the counters of its rules.
func Compile(policy *Policy, slots Slots) (*Table, error) {
	c := &compiler{
		policy:  policy,
		slots:   slots,
		table:   &Table{Numbers: make([]uint16, numberCount), Steps: make([]Step, 1)}, // step 0 is none
		classes: map[Set]uint32{},
	}
	c.table.Header = Header{
		Enabled:    1,
		Generation: policy.generation(),
		Fallback:   verdict(SlotDefault, policy.Default),
	}
	// Where everything is allowed there is nothing that a reply would need permission for.
	if policy.Stateful && policy.denies() {
		c.table.Header.Stateful = 1
	}
	c.compileKinds()
	c.table.Header.SourcePortMask = c.compilePorts(numberSourcePorts, func(r *Rule) []PortRange { return r.SourcePorts })
	c.table.Header.DestinationPortMask = c.compilePorts(numberDestinationPorts, (*Rule).destinationRanges)
	for i := range policy.Rules {
		c.table.Numbers[numberVerdicts+i] = uint16(c.verdict(i))
	}
	if err := c.compileAddresses(); err != nil {
		return nil, err
	}
	if len(c.table.Sets) > maxSets {
		return nil, fmt.Errorf("compile rules: their prefixes and ports overlap in %d different ways, at most %d are possible", len(c.table.Sets), maxSets)
	}
	return c.table, nil
}

func verdict(slot uint32, action Action) uint32 { return slot<<1 | uint32(action) }

// verdict is that of a rule.
func (c *compiler) verdict(rule int) uint32 {
	return verdict(c.slots[c.policy.Label(rule)], c.policy.Rules[rule].Action)
}

func (p *Policy) denies() bool {
	return p.Default == Deny || slices.ContainsFunc(p.Rules, func(r Rule) bool { return r.Action == Deny })
}

// generation tells policies apart, in 24 bits: connections that another one allowed are judged again.
func (p *Policy) generation() uint32 {
	hash := fnv.New32a()
	fmt.Fprintf(hash, "%+v", *p)
	return hash.Sum32() >> 8
}

// class returns the number of a set.
func (c *compiler) class(set Set) uint32 {
	class, known := c.classes[set]
	if !known {
		class = uint32(len(c.table.Sets))
		c.classes[set] = class
		c.table.Sets = append(c.table.Sets, set)
	}
	return class
}

// rules is the set of those rules that a condition holds for.
func (c *compiler) rules(holds func(*Rule) bool) Set {
	var set Set
	for i := range c.policy.Rules {
		if holds(&c.policy.Rules[i]) {
			set.add(i)
		}
	}
	return set
}

func (c *compiler) compileKinds() {
	for kind := range numberVerdicts - numberKinds {
		later, direction, protocol := kind>>9 == 1, Direction(kind>>8&1), uint8(kind)
		set := c.rules(func(r *Rule) bool { return r.matchesKind(direction, protocol, later) })
		c.table.Numbers[numberKinds+kind] = uint16(c.class(set))
	}
}

// compilePorts fills one of the tables of ports. If no rule asks for the port, the first entry does for all:
// the mask that it returns is 0.
func (c *compiler) compilePorts(first int, ranges func(*Rule) []PortRange) (mask uint32) {
	// Between two boundaries all ports are alike.
	boundaries := map[int]bool{0: true}
	for i := range c.policy.Rules {
		for _, r := range ranges(&c.policy.Rules[i]) {
			boundaries[int(r.First)], boundaries[int(r.Last)+1] = true, true
			mask = 0xffff
		}
	}
	delete(boundaries, 65536)
	sorted := slices.Sorted(maps.Keys(boundaries))
	for i, boundary := range sorted {
		set := c.rules(func(r *Rule) bool { return anyRange(ranges(r), uint16(boundary)) })
		class := uint16(c.class(set))
		end := 65536
		if i+1 < len(sorted) {
			end = sorted[i+1]
		}
		for port := boundary; port < end; port++ {
			c.table.Numbers[first+port] = class
		}
	}
	return mask
}
