// SPDX-License-Identifier: Apache-2.0
// proof: misbehaves
// shown-by: TestReadModifyWrite
// message: counted 1 of 2 packets

// Package readmodifywrite writes back what the kernel has changed meanwhile.
package readmodifywrite

import "github.com/cilium/ebpf"

// Stats are counted by a program, but for Marked, which is user space's.
type Stats struct {
	Packets, Marked uint64
}

// Mark is wrong. Meanwhile is what the kernel does between the two system calls.
func Mark(table *ebpf.Map, key uint32, meanwhile func()) error {
	var stats Stats
	if err := table.Lookup(key, &stats); err != nil {
		return err
	}
	meanwhile()
	stats.Marked = 1
	return table.Put(key, &stats)
}
