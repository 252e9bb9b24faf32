// SPDX-License-Identifier: Apache-2.0

package firewall

import (
	"encoding/binary"
	"errors"
	"math/bits"
	"math/rand/v2"
	"net/netip"
	"slices"
)

// entry is a prefix as the programs compare it.
type entry struct {
	address [2]uint64
	class   uint32
}

// words are the 16 bytes of an address as two numbers.
func words(addr [16]byte) [2]uint64 {
	return [2]uint64{binary.BigEndian.Uint64(addr[:8]), binary.BigEndian.Uint64(addr[8:])}
}

// mask has ones for the bits of a prefix. IPv4 addresses are mapped to IPv6.
func mask(prefix netip.Prefix) [2]uint64 {
	length := prefix.Bits() + 128 - prefix.Addr().BitLen()
	return [2]uint64{^(^uint64(0) >> length), ^(^uint64(0) >> max(length-64, 0))}
}

const multiplierTries = 16

// hash puts the prefixes of one length into a perfect hash table: bpf/function/prefix.h tells how.
func (c *compiler) hash(group ofLength) (Step, error) {
	step := Step{FirstCell: uint32(len(c.table.Cells))}
	var entries []entry
	for prefix, class := range group.classes {
		step.Mask = mask(prefix)
		entries = append(entries, entry{words(prefix.Addr().As16()), class})
	}
	// The table must not depend on the order of a map.
	slices.SortFunc(entries, func(a, b entry) int { return slices.Compare(a.address[:], b.address[:]) })

	// With many empty cells, most addresses of no prefix are done with one look.
	cellBits := max(bits.Len(uint(2*len(entries)-1)), 1)
	if step.FirstCell+1<<cellBits > maxCells {
		return step, errors.New("compile rules: there are too many prefixes, about 16000 are possible")
	}
	step.HashShift, step.CellMask = uint32(64-cellBits), 1<<cellBits-1
	random := rand.New(rand.NewPCG(uint64(len(entries)), 0))
	for range multiplierTries {
		step.Multiplier = random.Uint64() | 1
		if cells, ok := step.place(entries); ok {
			c.table.Cells = append(c.table.Cells, cells...)
			return step, nil
		}
	}
	return step, errors.New("compile rules: these prefixes cannot be hashed")
}

func (s Step) hash(address [2]uint64) uint64 {
	return (address[0]*0x9e3779b97f4a7c15 ^ address[1]) * s.Multiplier
}

func (s Step) displaced(hash uint64, displacement uint32) uint32 {
	return (uint32(hash^hash>>32) + displacement) & s.CellMask
}

// place puts the entries into cells: first of each cell the one that is named by its hash, then the others
// where there is room.
func (s Step) place(entries []entry) ([]Cell, bool) {
	homes := map[uint32][]entry{}
	for _, e := range entries {
		home := uint32(s.hash(e.address) >> s.HashShift)
		homes[home] = append(homes[home], e)
	}
	cells := make([]Cell, s.CellMask+1)
	var crowded []uint32
	for home, list := range homes {
		cells[home] = Cell{Address: list[0].address, Class: list[0].class, Used: 1}
		if len(list) > 1 {
			crowded = append(crowded, home)
		}
	}
	// The most crowded ones are the hardest to find room for.
	slices.SortFunc(crowded, func(a, b uint32) int {
		if difference := len(homes[b]) - len(homes[a]); difference != 0 {
			return difference
		}
		return int(a) - int(b)
	})
	for _, home := range crowded {
		displacement, ok := s.room(cells, homes[home][1:])
		if !ok {
			return nil, false
		}
		cells[home].Displacement = uint16(displacement)
		for _, e := range homes[home][1:] {
			at := s.displaced(s.hash(e.address), displacement)
			cells[at].Address, cells[at].Class, cells[at].Used = e.address, e.class, 1
		}
	}
	return cells, true
}

// room finds a displacement that leads all entries to empty cells.
func (s Step) room(cells []Cell, entries []entry) (uint32, bool) {
	for displacement := uint32(1); displacement <= s.CellMask; displacement++ {
		taken := make([]uint32, 0, len(entries))
		for _, e := range entries {
			at := s.displaced(s.hash(e.address), displacement)
			if cells[at].Used != 0 || slices.Contains(taken, at) {
				break
			}
			taken = append(taken, at)
		}
		if len(taken) == len(entries) {
			return displacement, true
		}
	}
	return 0, false
}
