// SPDX-License-Identifier: Apache-2.0
// proof: misbehaves
// shown-by: TestRefusedPackets
// message: 14 of 42 packets never reached the program

// Package refusedpackets does not look at errors of BPF_PROG_RUN.
package refusedpackets

import "github.com/cilium/ebpf"

// Verdicts is wrong: a packet that the kernel refuses looks like one with verdict 0.
func Verdicts(program *ebpf.Program, packet []byte) (verdicts []uint32) {
	for size := range packet {
		verdict, _ := program.Run(&ebpf.RunOptions{Data: packet[:size]})
		verdicts = append(verdicts, verdict)
	}
	return verdicts
}
