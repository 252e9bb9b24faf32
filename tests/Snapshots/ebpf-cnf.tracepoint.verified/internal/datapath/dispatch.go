// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
)

// dispatcher stands in for updating links in place, which the kernel cannot do for kprobes and
// tracepoints: their links run a small program that calls the real one through a table. The table is
// pinned with the links, so a restart changes what they call.
type dispatcher struct {
	programs *ebpf.Map
	links    *Links
}

// attach makes the program run wherever the attachment's link calls the slot.
func (d *dispatcher) attach(slot uint32, program *ebpf.Program, a Attachment) error {
	inUse := d.inUse(slot)
	if err := d.programs.Put(slot, program); err != nil {
		return fmt.Errorf("put %s into the program table: %w", a.Name, err)
	}
	a.Update = func() error {
		if !inUse {
			// The link is older than the table and calls through another one.
			return link.ErrNotSupported
		}
		return nil
	}
	return d.links.Upsert(a)
}

// inUse tells whether an earlier run has filled the slot.
func (d *dispatcher) inUse(slot uint32) bool {
	var id uint32
	return d.programs.Lookup(slot, &id) == nil
}
