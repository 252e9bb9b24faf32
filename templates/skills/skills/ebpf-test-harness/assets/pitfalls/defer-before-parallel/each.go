// SPDX-License-Identifier: Apache-2.0
// proof: misbehaves
// shown-by: TestDeferBeforeParallel
// message: bad file descriptor

// Package deferbeforeparallel tidies up too early.
package deferbeforeparallel

import (
	"testing"

	"github.com/cilium/ebpf"
)

// Each is wrong: parallel subtests begin when this function has returned.
func Each(t *testing.T, program *ebpf.Program, packets map[string][]byte, check func(verdict uint32, err error)) {
	defer program.Close()
	for name, packet := range packets {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(program.Run(&ebpf.RunOptions{Data: packet}))
		})
	}
}
