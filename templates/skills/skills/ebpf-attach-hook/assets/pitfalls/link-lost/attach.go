// SPDX-License-Identifier: Apache-2.0
// proof: misbehaves
// shown-by: TestLinkLost
// message: the garbage collector has detached the program

// Package linklost attaches and lets go.
package linklost

import (
	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
)

// Attach is wrong.
func Attach(program *ebpf.Program, index int) error {
	_, err := link.AttachXDP(link.XDPOptions{
		Program:   program,
		Interface: index,
		Flags:     link.XDPGenericMode,
	})
	return err
}
