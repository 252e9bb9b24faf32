// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"fmt"
	"os"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// connections is the sticky table as the programs see it: shared memory. Only they write to it.
type connections struct {
	words []uint64
	clock clock
	idle  uint16
}

func openConnections(objects *bpfObjects, idle time.Duration) (*connections, error) {
	clock, err := readClock()
	if err != nil {
		return nil, err
	}
	size := int(objects.Sticky.MaxEntries() * objects.Sticky.ValueSize())
	pages := (size + os.Getpagesize() - 1) / os.Getpagesize() * os.Getpagesize()
	memory, err := unix.Mmap(objects.Sticky.FD(), 0, pages, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map sticky table: %w", err)
	}
	return &connections{
		words: unsafe.Slice((*uint64)(unsafe.Pointer(&memory[0])), size/8),
		clock: clock,
		idle:  uint16(idle / clock.tick()),
	}, nil
}

// forget empties the table.
func (c *connections) forget() {
	for i := range c.words {
		atomic.StoreUint64(&c.words[i], 0)
	}
}

// count counts the connections that are remembered, by the number of their backend.
func (c *connections) count() (map[int]int, error) {
	now, err := c.clock.now()
	if err != nil {
		return nil, err
	}
	counts := map[int]int{}
	for i := range c.words {
		if i%(entriesPerLine+1) == 0 {
			continue
		}
		entry := atomic.LoadUint64(&c.words[i])
		// The time here is up to a tick behind, and a CPU may be one ahead.
		if number := int(uint16(entry >> 32)); number != 0 && now+2-uint16(entry>>48) <= c.idle+2 {
			counts[number]++
		}
	}
	return counts, nil
}
