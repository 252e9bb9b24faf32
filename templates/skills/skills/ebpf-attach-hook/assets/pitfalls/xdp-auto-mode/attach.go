// SPDX-License-Identifier: Apache-2.0
// proof: misbehaves
// shown-by: TestXDPAutoMode
// message: numerical result out of range

// Package xdpautomode takes the kernel's choice of mode for a fallback.
package xdpautomode

import (
	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
)

// Attach is wrong.
func Attach(program *ebpf.Program, index int) (link.Link, error) {
	return link.AttachXDP(link.XDPOptions{Program: program, Interface: index})
}
