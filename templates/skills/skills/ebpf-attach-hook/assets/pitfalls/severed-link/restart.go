// SPDX-License-Identifier: Apache-2.0
// proof: misbehaves
// shown-by: TestSeveredLink
// message: link has been severed

// Package severedlink believes that a pin means an attachment.
package severedlink

import (
	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
)

// Restart is wrong: the interface may have been removed since.
func Restart(program *ebpf.Program, pin string) (link.Link, error) {
	pinned, err := link.LoadPinnedLink(pin, nil)
	if err != nil {
		return nil, err
	}
	if err := pinned.Update(program); err != nil {
		pinned.Close()
		return nil, err
	}
	return pinned, nil
}
