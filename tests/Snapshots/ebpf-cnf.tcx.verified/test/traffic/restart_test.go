// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/cilium/ebpf"

	"example.com/my-cnf/internal/testnet"
)

// The CNF is killed over and over, at any moment of its start and after it, now and then stopped, and started
// again each time, while packets flow all the time. Not one may be missing from the table, and nothing may
// pile up in the kernel.
func TestRestartsUnderTrafficLoseAndLeakNothing(t *testing.T) {
	rounds := 100
	if testing.Short() {
		rounds = 3
	}
	b := place(t)
	pin := bpffs(t)
	begun := time.Now()
	p := b.start(t, "--pin", pin, "--on-exit", "keep")
	startup := time.Since(begun)
	p.stop()
	before := leftovers(t, pin)
	if len(before) <= b.links {
		t.Fatalf("the kernel holds only %v after the first run", before)
	}
	p = b.start(t, "--pin", pin, "--on-exit", "keep")

	stop, stopped := make(chan struct{}), make(chan uint64)
	go func() {
		defer close(stopped)
		stopped <- testnet.UDPUntil(t, b.near, b.far, 4, 100, stop)
	}()
	for i := range rounds {
		if i%10 == 0 {
			p.awaitReady()
			p.stop()
		} else {
			time.Sleep(rand.N(startup * 3 / 2))
			p.kill()
		}
		p = b.launch(t, identity{}, "--pin", pin, "--on-exit", "keep")
	}
	p.awaitReady()
	close(stop)
	sent := <-stopped
	if sent < 10 {
		t.Fatalf("only %d datagrams were sent meanwhile, which proves little", sent)
	}
	expectUDPButFor(t, b, p.flows, sent, mayMiss(sent))
	p.stop()

	eventually(t, func() error {
		if after := leftovers(t, pin); !slices.Equal(after, before) {
			return fmt.Errorf("after %d restarts the kernel holds\n%v, want as before\n%v", rounds, after, before)
		}
		return nil
	})
	detach(t, b, pin)
}

// leftovers lists the pins, and the programs that use the pinned flow table.
func leftovers(t *testing.T, pin string) (list []string) {
	t.Helper()
	err := filepath.WalkDir(pin, func(path string, _ fs.DirEntry, err error) error {
		list = append(list, path)
		return err
	})
	if err != nil {
		t.Fatalf("list pins: %v", err)
	}
	table, err := ebpf.LoadPinnedMap(filepath.Join(pin, "maps", "flows"), nil)
	if err != nil {
		t.Fatalf("open pinned flow table: %v", err)
	}
	defer table.Close()
	info, err := table.Info()
	if err != nil {
		t.Fatalf("read pinned flow table: %v", err)
	}
	id, _ := info.ID()
	return append(list, programsUsing(t, id)...)
}

func programsUsing(t *testing.T, id ebpf.MapID) (names []string) {
	t.Helper()
	for last := ebpf.ProgramID(0); ; {
		next, err := ebpf.ProgramGetNextID(last)
		if errors.Is(err, fs.ErrNotExist) {
			slices.Sort(names)
			return names
		}
		if err != nil {
			t.Fatalf("list programs: %v", err)
		}
		last = next
		program, err := ebpf.NewProgramFromID(next)
		if err != nil {
			// It has gone meanwhile.
			continue
		}
		info, err := program.Info()
		program.Close()
		if err != nil {
			t.Fatalf("read program %d: %v", next, err)
		}
		if maps, _ := info.MapIDs(); slices.Contains(maps, id) {
			names = append(names, info.Name)
		}
	}
}
