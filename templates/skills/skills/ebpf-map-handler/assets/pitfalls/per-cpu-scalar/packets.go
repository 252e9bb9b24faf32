// SPDX-License-Identifier: Apache-2.0
// proof: misbehaves
// shown-by: TestPerCPUScalar
// message: per-cpu value requires a slice or a pointer to slice

// Package percpuscalar reads a per-CPU map as if it were not one.
package percpuscalar

import "github.com/cilium/ebpf"

// Packets is wrong.
func Packets(counters *ebpf.Map) (uint64, error) {
	var packets uint64
	err := counters.Lookup(uint32(0), &packets)
	return packets, err
}
