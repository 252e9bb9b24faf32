// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"fmt"
	"os"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"
)

// connections is the sticky table as the programs see it: shared memory. Only they write to it.
type connections struct {
	memory  []byte
	entries []uint64
	clock   clock
	idle    uint16

	// tick is the last time that the programs have told, at seen.
	variable *ebpf.Variable
	tick     uint16
	seen     time.Time
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
		memory:   memory,
		entries:  unsafe.Slice((*uint64)(unsafe.Pointer(&memory[0])), size/8),
		clock:    clock,
		idle:     uint16(idle / clock.tick()),
		variable: objects.StickyClock,
		seen:     time.Now(),
	}, nil
}

// forget empties the table.
func (c *connections) forget() {
	for i := range c.entries {
		atomic.StoreUint64(&c.entries[i], 0)
	}
}

// follow looks at the programs' clock. It stands still while no connection begins or goes on.
func (c *connections) follow() error {
	var tick uint64
	if err := c.variable.Get(&tick); err != nil {
		return fmt.Errorf("read clock of the programs: %w", err)
	}
	if uint16(tick) != c.tick {
		c.tick, c.seen = uint16(tick), time.Now()
	}
	return nil
}

// count counts the connections that are remembered, by the number of their backend.
func (c *connections) count() map[int]int {
	now := c.tick + uint16(time.Since(c.seen)/c.clock.tick())
	counts := map[int]int{}
	for i := range c.entries {
		entry := atomic.LoadUint64(&c.entries[i])
		// Another CPU may be a tick ahead.
		if entry != 0 && now+1-uint16(entry>>48) <= c.idle {
			counts[int(uint16(entry>>32))]++
		}
	}
	return counts
}
