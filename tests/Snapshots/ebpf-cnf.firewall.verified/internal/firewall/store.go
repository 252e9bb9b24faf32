// SPDX-License-Identifier: Apache-2.0

package firewall

import (
	"encoding/binary"
	"fmt"
	"maps"
	"time"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"
)

// Store is the memory that the programs read policies from: two halves, of which one is in use.
type Store struct {
	arrays map[string]*ebpf.Memory
	active *ebpf.Variable
	half   uint32
	used   bool
}

var halfSizes = map[string]int{
	"policies":       binary.Size(Header{}),
	"policy_spaces":  binary.Size([spaceCount]Space{}),
	"policy_numbers": 2 * numberCount,
	"policy_steps":   maxSteps * binary.Size(Step{}),
	"policy_cells":   maxCells * binary.Size(Cell{}),
	"policy_sets":    maxSets * binary.Size(Set{}),
}

// HalfSizes are the bytes of a half of each array.
func HalfSizes() map[string]int { return maps.Clone(halfSizes) }

// NewStore maps the arrays, of which it is given all that the programs have, into memory.
func NewStore(all map[string]*ebpf.Map, active *ebpf.Variable) (*Store, error) {
	s := &Store{arrays: map[string]*ebpf.Memory{}, active: active}
	for name := range halfSizes {
		memory, err := all[name].Memory()
		if err != nil {
			return nil, fmt.Errorf("map %s into memory: %w", name, err)
		}
		s.arrays[name] = memory
	}
	return s, nil
}

// Install makes a table the one that counts. Packets see the one before or this one, never a mix.
func (s *Store) Install(table *Table) error {
	// No packet may still be reading the half that is written now, nor see the change before the writing.
	half := 1 - s.half
	if s.used {
		waitForPackets()
	}
	for name, content := range map[string]any{
		"policies":       table.Header,
		"policy_spaces":  table.Spaces,
		"policy_numbers": table.Numbers,
		"policy_steps":   table.Steps,
		"policy_cells":   table.Cells,
		"policy_sets":    table.Sets,
	} {
		bytes, err := binary.Append(nil, binary.NativeEndian, content)
		if err != nil {
			return fmt.Errorf("encode %s: %w", name, err)
		}
		if len(bytes) == 0 {
			continue
		}
		if _, err := s.arrays[name].WriteAt(bytes, int64(half)*int64(halfSizes[name])); err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
	}
	if s.used {
		waitForPackets()
	}
	if err := s.active.Set(half); err != nil {
		return fmt.Errorf("switch rules: %w", err)
	}
	s.half, s.used = half, true
	return nil
}

// membarrierGlobal is MEMBARRIER_CMD_GLOBAL of linux/membarrier.h.
const membarrierGlobal = 1

// waitForPackets returns when every program that was running has ended. The kernel waits for just that, and
// orders memory, before it answers membarrier; where that is not to be had, no packet takes so long.
func waitForPackets() {
	if _, _, errno := unix.Syscall(unix.SYS_MEMBARRIER, membarrierGlobal, 0, 0); errno != 0 {
		time.Sleep(time.Second)
	}
}
