// SPDX-License-Identifier: Apache-2.0

package firewall

import "slices"

// What is counted beside rules, and its slots (bpf/function/firewall.h).
const (
	LabelDefault     = "default"
	LabelEstablished = "established"

	SlotDefault     = 0
	SlotEstablished = 1
	SlotCount       = 2 + 2*MaxRules
)

// Slots are the counters of rules, by label. A rule that is reloaded goes on counting in the same one.
type Slots map[string]uint32

// Assign returns the slots for another policy, and which of them must be set to zero before they are used.
func (s Slots) Assign(policy *Policy) (slots Slots, fresh []uint32) {
	taken := make([]bool, SlotCount)
	for _, slot := range s {
		taken[slot] = true
	}
	taken[SlotDefault], taken[SlotEstablished] = true, true
	slots = Slots{}
	for i := range policy.Rules {
		label := policy.Label(i)
		slot, known := s[label]
		if !known {
			slot = uint32(slices.Index(taken, false))
			taken[slot] = true
			fresh = append(fresh, slot)
		}
		slots[label] = slot
	}
	return slots, fresh
}
