// SPDX-License-Identifier: Apache-2.0

package firewall

import (
	"net/netip"
	"slices"
)

// addressesOf are the prefixes that a rule asks for, of the one side or of the other.
type addressesOf func(*Rule) []netip.Prefix

func sources(r *Rule) []netip.Prefix { return r.Sources }

func destinations(r *Rule) []netip.Prefix { return r.Destinations }

// compileAddresses makes the four spaces: sources and destinations, of both IP versions.
func (c *compiler) compileAddresses() error {
	for first, sides := range map[int][2]addressesOf{
		sourceSpace:      {sources, destinations},
		destinationSpace: {destinations, sources},
	} {
		for version, bits := range map[int]int{ipv6Space: 128, ipv4Space: 32} {
			side := &side{compiler: c, these: sides[0], others: sides[1], bits: bits}
			space, err := side.compile()
			if err != nil {
				return err
			}
			c.table.Spaces[first+version] = space
		}
	}
	return nil
}

// side is one side of the packets of one IP version.
type side struct {
	*compiler
	these, others addressesOf
	bits          int
}

func (s *side) compile() (space Space, err error) {
	anywhere := s.rules(func(r *Rule) bool { return len(s.these(r)) == 0 })
	own := map[netip.Prefix]Set{}
	for i := range s.policy.Rules {
		for _, prefix := range s.these(&s.policy.Rules[i]) {
			switch {
			case prefix.Addr().BitLen() != s.bits:
			case prefix.Bits() == 0:
				anywhere.add(i)
			default:
				set := own[prefix]
				set.add(i)
				own[prefix] = set
			}
		}
	}
	space.Any = s.class(anywhere)
	if byLength := group(s.inherit(own, anywhere), space.Any); len(byLength) > 0 {
		space.Steps = 1
		space.First, err = s.step(byLength)
	}
	return space, err
}

// class returns the class of addresses that some rules are about. If the first of them asks for nothing
// else, it decides, because rules before it are about other addresses.
func (s *side) class(set Set) uint32 {
	first := set.first()
	if first < 0 {
		return classDecides | s.table.Header.Fallback
	}
	if rule := &s.policy.Rules[first]; rule.asksOnlyForAddresses() && len(s.others(rule)) == 0 {
		return classDecides | s.verdict(first)
	}
	return s.compiler.class(set)
}

// classified is a prefix and its class.
type classified struct {
	prefix netip.Prefix
	class  uint32
}

// inherit gives each prefix also the rules of the prefixes around it, and leaves those away that differ in
// nothing from what is around them.
func (s *side) inherit(own map[netip.Prefix]Set, anywhere Set) []classified {
	sorted := make([]netip.Prefix, 0, len(own))
	for prefix := range own {
		sorted = append(sorted, prefix)
	}
	// A prefix comes behind those that contain it.
	slices.SortFunc(sorted, func(a, b netip.Prefix) int {
		if order := a.Addr().Compare(b.Addr()); order != 0 {
			return order
		}
		return a.Bits() - b.Bits()
	})
	type open struct {
		netip.Prefix
		set Set
	}
	var list []classified
	var around []open
	for _, prefix := range sorted {
		for len(around) > 0 && !around[len(around)-1].Contains(prefix.Addr()) {
			around = around[:len(around)-1]
		}
		outer := anywhere
		if len(around) > 0 {
			outer = around[len(around)-1].set
		}
		set := outer
		set.addAll(own[prefix])
		around = append(around, open{prefix, set})
		if set != outer {
			list = append(list, classified{prefix, s.class(set)})
		}
	}
	return list
}
