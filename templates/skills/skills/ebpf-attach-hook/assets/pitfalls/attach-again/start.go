// SPDX-License-Identifier: Apache-2.0
// proof: misbehaves
// shown-by: TestAttachAgain
// message: device or resource busy

// Package attachagain does not look for what the last run has left.
package attachagain

import (
	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
)

// Start is wrong: it works once.
func Start(program *ebpf.Program, index int, pin string) (link.Link, error) {
	attached, err := link.AttachXDP(link.XDPOptions{
		Program:   program,
		Interface: index,
		Flags:     link.XDPGenericMode,
	})
	if err != nil {
		return nil, err
	}
	return attached, attached.Pin(pin)
}
