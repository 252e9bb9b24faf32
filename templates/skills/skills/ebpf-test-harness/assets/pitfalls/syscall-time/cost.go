// SPDX-License-Identifier: Apache-2.0
// proof: misbehaves
// shown-by: TestSyscallTime
// message: most of it is the system call

// Package syscalltime measures from too far away.
package syscalltime

import (
	"time"

	"github.com/cilium/ebpf"
)

// Cost is wrong: it makes a system call for each packet.
func Cost(program *ebpf.Program, packet []byte, repeat int) (time.Duration, error) {
	start := time.Now()
	for range repeat {
		if _, err := program.Run(&ebpf.RunOptions{Data: packet}); err != nil {
			return 0, err
		}
	}
	return time.Since(start) / time.Duration(repeat), nil
}
