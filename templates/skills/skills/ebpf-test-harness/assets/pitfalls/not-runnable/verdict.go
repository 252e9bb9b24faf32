// SPDX-License-Identifier: Apache-2.0
// proof: misbehaves
// shown-by: TestNotRunnable
// message: kernel doesn't support running CGroupSockAddr

// Package notrunnable gives packets to programs that do not see packets.
package notrunnable

import "github.com/cilium/ebpf"

// Verdict is wrong for kprobes, tracepoints and most programs of cgroups.
func Verdict(program *ebpf.Program, packet []byte) (uint32, error) {
	return program.Run(&ebpf.RunOptions{Data: packet})
}
