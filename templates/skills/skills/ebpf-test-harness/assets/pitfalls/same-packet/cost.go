// SPDX-License-Identifier: Apache-2.0
// proof: misbehaves
// shown-by: TestSamePacket
// message: most repetitions got a packet that had expired
// message: 10000 repetitions touched 1 entry of the table

// Package samepacket measures one packet over and over again.
package samepacket

import (
	"time"

	"github.com/cilium/ebpf"
)

// Cost is wrong for programs that change their packet or look something up.
func Cost(program *ebpf.Program, packet []byte, repeat int) (time.Duration, error) {
	_, each, err := program.Benchmark(packet, repeat, func() {})
	return each, err
}
