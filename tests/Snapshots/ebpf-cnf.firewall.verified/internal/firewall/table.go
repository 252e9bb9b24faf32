// SPDX-License-Identifier: Apache-2.0

package firewall

import "math/bits"

// The layout of bpf/function/policy.h. A test of internal/datapath compares the two.
const (
	setWords = MaxRules / 64

	maxSets  = 8192
	maxSteps = 512
	maxCells = 65536

	numberSourcePorts      = 0
	numberDestinationPorts = 65536
	numberKinds            = 131072
	numberVerdicts         = 132096
	numberCount            = 133120

	// classDecides marks classes that are verdicts.
	classDecides = 1 << 31
)

// Header is struct policy.
type Header struct {
	Enabled, Stateful                   uint32
	Generation, Fallback                uint32
	SourcePortMask, DestinationPortMask uint32
}

// Step is struct prefix_step.
type Step struct {
	Mask                [2]uint64
	Multiplier          uint64
	HashShift           uint32
	FirstCell, CellMask uint32
	OnHit, OnMiss       uint32
	_                   uint32
}

// Cell is struct prefix_cell.
type Cell struct {
	Address      [2]uint64
	Class        uint32
	Used         uint16
	Displacement uint16
}

// Space is struct address_space.
type Space struct {
	First      Step
	Steps, Any uint32
}

// Set is struct rule_set: the rules that packets of a class can match.
type Set struct {
	Summary uint64
	Words   [setWords]uint64
}

// The order of enum space.
const (
	sourceSpace, destinationSpace = 0, 2
	ipv6Space, ipv4Space          = 0, 1
	spaceCount                    = 4
)

// Table is a compiled policy.
type Table struct {
	Header  Header
	Spaces  [spaceCount]Space
	Numbers []uint16
	Steps   []Step
	Cells   []Cell
	Sets    []Set
}

func (s *Set) add(rule int) {
	s.Words[rule/64] |= 1 << (rule % 64)
	s.Summary |= 1 << (rule / 64)
}

func (s *Set) addAll(other Set) {
	for i := range s.Words {
		s.Words[i] |= other.Words[i]
	}
	s.Summary |= other.Summary
}

// first returns the lowest rule, -1 if there is none.
func (s *Set) first() int {
	for i, word := range s.Words {
		if word != 0 {
			return 64*i + bits.TrailingZeros64(word)
		}
	}
	return -1
}
