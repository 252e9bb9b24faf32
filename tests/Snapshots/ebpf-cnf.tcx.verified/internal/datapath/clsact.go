// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"sync"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"

	"example.com/my-cnf/internal/netdev"
)

// clsact attaches programs as filters of a clsact qdisc, which have no owner and outlive
// the process. Therefore the filters run stubs that only tail-call: through a program array, the
// guard, to the programs proper. When the process dies, the kernel empties the guard, and
// what is left lets everything pass until the next start removes it. When the guard is pinned, the programs
// stay at work, and the next run puts its own in their place.
type clsact struct {
	log      *slog.Logger
	instance string
	priority uint16
	guard    *ebpf.Map
	// inherited is true when the guard is that of an earlier run, to which its filters lead.
	inherited bool
	// presence tells other instances that this one lives. Nil when the guard is pinned.
	presence net.Listener

	mu      sync.Mutex
	stubs   map[uint32]*ebpf.Program
	present map[string]bool
}

const (
	guardMap = "guard"
	// guardSlots is more than the programs of a hook, so that a version with more of them can
	// go on with the same guard.
	guardSlots = 16

	firstPriority = 1
	lastPriority  = 0xf000
)

func newClsact(pins *pinFolder, anchor string, log *slog.Logger) (*clsact, error) {
	c := &clsact{log: log, priority: lastPriority, stubs: map[uint32]*ebpf.Program{}, present: map[string]bool{}}
	if anchor == anchorHead {
		c.priority = firstPriority
	}
	if err := c.identify(pins); err != nil {
		return nil, err
	}
	if err := c.openGuard(pins); err != nil {
		return nil, errors.Join(err, c.close())
	}
	// What has no process behind it any more is inert.
	if err := removeFilters(func(name filterName, _ int) bool { return name.dead() }, log); err != nil {
		return nil, errors.Join(err, c.close())
	}
	return c, nil
}

func (c *clsact) identify(pins *pinFolder) error {
	if pins != nil {
		c.instance = pinnedInstance(pins)
		return nil
	}
	var random [8]byte
	if _, err := rand.Read(random[:]); err != nil {
		return fmt.Errorf("choose a name for the filters: %w", err)
	}
	c.instance = hex.EncodeToString(random[:])
	var err error
	if c.presence, err = net.Listen("unix", presenceAddress(c.instance)); err != nil {
		return fmt.Errorf("announce this instance: %w", err)
	}
	return nil
}

func (c *clsact) openGuard(pins *pinFolder) error {
	spec := &ebpf.MapSpec{Name: guardMap, Type: ebpf.ProgramArray, KeySize: 4, ValueSize: 4, MaxEntries: guardSlots}
	if pins != nil {
		guard, err := openKeptMap(spec, pins.mapPath(guardMap))
		if err == nil {
			c.guard, c.inherited = guard, true
			return nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("open pinned guard: %w", err)
		}
	}
	guard, err := ebpf.NewMap(spec)
	if err != nil {
		return fmt.Errorf("create guard: %w", err)
	}
	c.guard = guard
	if pins == nil {
		return nil
	}
	if err := guard.Pin(pins.mapPath(guardMap)); err != nil {
		return fmt.Errorf("pin guard: %w", err)
	}
	return nil
}

// attach puts the program into the guard before the filter leads there.
func (c *clsact) attach(d netdev.Device, p tcProgram) (Link, error) {
	if err := c.guard.Put(p.slot, p.program); err != nil {
		return nil, fmt.Errorf("put program into guard: %w", err)
	}
	stub, err := c.stub(p.slot)
	if err != nil {
		return nil, err
	}
	name := filterName{instance: c.instance, program: p.name}
	filter, err := c.addFilter(d, parentOf(p.side), name, stub)
	if err != nil {
		return nil, err
	}
	key := presentKey(d.Index, p.name)
	c.setPresent(key, true)
	return &clsactLink{clsact: c, filter: filter, slot: p.slot, key: key}, nil
}

// stub returns the program of the filters for a slot. If the slot is empty, the filter has no opinion, and
// the next one decides.
func (c *clsact) stub(slot uint32) (*ebpf.Program, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if stub, ok := c.stubs[slot]; ok {
		return stub, nil
	}
	const unspecified = -1
	stub, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		Name: "guard",
		Type: ebpf.SchedCLS,
		Instructions: asm.Instructions{
			// The context is in R1 already.
			asm.LoadMapPtr(asm.R2, c.guard.FD()),
			asm.Mov.Imm(asm.R3, int32(slot)),
			asm.FnTailCall.Call(),
			asm.Mov.Imm(asm.R0, unspecified),
			asm.Return(),
		},
		License: "Dual BSD/GPL",
	})
	if err != nil {
		return nil, fmt.Errorf("load guard program: %w", err)
	}
	c.stubs[slot] = stub
	return stub, nil
}

func presentKey(index int, program string) string { return fmt.Sprintf("%s-%d", program, index) }

func (c *clsact) setPresent(key string, present bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.present[key] = present
}

func (c *clsact) isPresent(key string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.present[key]
}

// prune removes the filters of an earlier run with the same pin folder that this one has not
// taken over.
func (c *clsact) prune() error {
	return removeFilters(func(name filterName, index int) bool {
		return name.instance == c.instance && !c.isPresent(presentKey(index, name.program))
	}, c.log)
}

func (c *clsact) close() error {
	var errs []error
	for _, stub := range c.stubs {
		errs = append(errs, stub.Close())
	}
	if c.guard != nil {
		errs = append(errs, c.guard.Close())
	}
	if c.presence != nil {
		errs = append(errs, c.presence.Close())
	}
	return errors.Join(errs...)
}

// clsactLink is a filter that behaves like a link.
type clsactLink struct {
	clsact *clsact
	filter *filter
	slot   uint32
	key    string
	pinned bool
}

func (l *clsactLink) Update(program *ebpf.Program) error { return l.clsact.guard.Put(l.slot, program) }

// Pin needs no file: the filter stays by itself, and its guard is pinned.
func (l *clsactLink) Pin(string) error {
	l.pinned = true
	return nil
}

func (l *clsactLink) Unpin() error {
	l.pinned = false
	return nil
}

// Close removes the filter unless it is pinned.
func (l *clsactLink) Close() error {
	l.clsact.setPresent(l.key, false)
	if l.pinned {
		return nil
	}
	return l.filter.remove()
}
