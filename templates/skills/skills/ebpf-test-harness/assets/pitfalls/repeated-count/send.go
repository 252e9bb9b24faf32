// SPDX-License-Identifier: Apache-2.0
// proof: misbehaves
// shown-by: TestRepeatedCount
// message: more packets were counted than were asked for

// Package repeatedcount leaves the repetitions to the kernel.
package repeatedcount

import "github.com/cilium/ebpf"

// Send is wrong for exact counts: a signal interrupts the repetitions, and they start anew.
func Send(program *ebpf.Program, packet []byte, count int) error {
	_, err := program.Run(&ebpf.RunOptions{Data: packet, Repeat: uint32(count)})
	return err
}
