// SPDX-License-Identifier: Apache-2.0

package bpfmaps

import (
	"errors"
	"net/netip"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	programarrayclosed "example.com/my-cnf/internal/ebpf-map-handler/pitfalls/program-array-closed"
	"example.com/my-cnf/internal/testnet"
)

// countOnTwoCPUs passes packets through a program from two threads at once. It returns
// what the program counted, and what the kernel says how often it ran.
func countOnTwoCPUs(t *testing.T, c *ebpf.Collection, program string, packets uint32) (counted, ran uint64) {
	t.Helper()
	var runners sync.WaitGroup
	for range 2 {
		runners.Go(func() {
			_, err := c.Programs[program].Run(&ebpf.RunOptions{Data: frame("192.0.2.1"), Repeat: packets})
			if err != nil {
				t.Error(err)
			}
		})
	}
	runners.Wait()
	all, err := allTraffic(c.Maps["interfaces"])
	if err != nil || len(all) != 1 {
		t.Fatalf("%d interfaces, %v", len(all), err)
	}
	for _, traffic := range all {
		counted = traffic.Packets
	}
	stats, err := c.Programs[program].Stats()
	if err != nil {
		t.Fatalf("read statistics of the program: %v", err)
	}
	return counted, stats.RunCount
}

func TestLostIncrements(t *testing.T) {
	if runtime.NumCPU() < 2 {
		t.Skip("needs two CPUs")
	}
	wrong, right := load(t, loadLostIncrements), load(t, loadInterfaces)
	stats, err := ebpf.EnableStats(unix.BPF_STATS_RUN_TIME)
	if err != nil {
		t.Fatalf("count runs of programs: %v", err)
	}
	defer stats.Close()

	// The longer it takes, the surer the two meet, however busy the machine is.
	packets := uint32(1000)
	for deadline := time.Now().Add(testnet.Patience); ; packets *= 2 {
		if counted, ran := countOnTwoCPUs(t, wrong, "lost_increments", packets); counted < ran {
			t.Log("two CPUs counted less than they saw")
			t.Logf("%d of %d", counted, ran)
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("nothing was lost")
		}
	}
	if counted, ran := countOnTwoCPUs(t, right, "count_interface", packets); counted != ran {
		t.Errorf("counted %d of %d packets", counted, ran)
	}
}

func TestConstWithoutVolatile(t *testing.T) {
	packet := make([]byte, 100)
	wrong := load(t, loadConstWithoutVolatile, func(spec *ebpf.CollectionSpec) {
		// clang may have left out the variable altogether.
		if limit := spec.Variables["max_length"]; limit != nil {
			if err := limit.Set(uint32(64)); err != nil {
				t.Fatal(err)
			}
		}
	})
	if verdict := run(t, wrong.Programs["const_without_volatile"], packet); verdict != unspec {
		t.Errorf("verdict %d", int32(verdict))
	} else {
		t.Logf("a packet of %d bytes passed a limit that was set to 64", len(packet))
	}

	right := load(t, loadConfig, func(spec *ebpf.CollectionSpec) {
		if err := spec.Variables["max_length"].Set(uint32(64)); err != nil {
			t.Fatal(err)
		}
	})
	if verdict := run(t, right.Programs["limit_length"], packet); verdict != shot {
		t.Errorf("verdict %d of the right program", int32(verdict))
	}
}

func TestRedirectNowhere(t *testing.T) {
	wrong, right := load(t, loadRedirectNowhere), load(t, loadRedirect)
	if verdict := run(t, wrong.Programs["redirect_nowhere"], frame("192.0.2.1")); verdict != xdpAborted {
		t.Errorf("verdict %d", verdict)
	} else {
		t.Log("a packet from an interface without an entry got XDP_ABORTED")
	}
	if verdict := run(t, right.Programs["forward"], frame("192.0.2.1")); verdict != xdpPass {
		t.Errorf("verdict %d of the right program", verdict)
	}
}

func TestPrefixHostOrder(t *testing.T) {
	type prefix struct {
		Length  uint32
		Address [4]byte
	}
	wrong := load(t, loadPrefixHostOrder)
	put(t, wrong.Maps["blocked"], prefix{8, [4]byte{10}}, uint8(1))
	if verdict := run(t, wrong.Programs["prefix_host_order"], frame("10.1.2.3")); verdict != unspec {
		t.Errorf("verdict %d", int32(verdict))
	} else {
		t.Log("10.1.2.3 passed a rule that drops 10.0.0.0/8")
	}

	var template *ebpf.MapSpec
	right := load(t, loadRuleset, func(spec *ebpf.CollectionSpec) { template = spec.Maps["rulesets"].InnerMap })
	if err := replaceRules(right.Maps["rulesets"], template, []rule{{netip.MustParsePrefix("10.0.0.0/8"), true}}); err != nil {
		t.Fatal(err)
	}
	if verdict := run(t, right.Programs["filter"], frame("10.1.2.3")); verdict != shot {
		t.Errorf("verdict %d of the right program", int32(verdict))
	}
}

func TestLRUForState(t *testing.T) {
	const entries = 1024
	c := load(t, loadLruForState)
	for flow := range uint32(entries + 1) {
		runMarked(t, c.Programs["lru_for_state"], frame("192.0.2.1"), flow)
	}
	left := count(t, c.Maps["translations"])
	if left >= entries {
		t.Errorf("%d translations of %d", left, entries)
	} else {
		t.Log("one translation too many took others along")
		t.Logf("%d of %d are left", left, entries)
	}

	// A hash table holds as many as it says, and refuses one more.
	table := newTable(t, entries)
	fill(t, table, entries)
	if err := table.Put(uint32(entries), uint64(0)); !errors.Is(err, unix.E2BIG) {
		t.Errorf("one more: %v, want it refused", err)
	}
}

func TestInnerSize(t *testing.T) {
	backends := &ebpf.MapSpec{Type: ebpf.Array, KeySize: 4, ValueSize: 4, MaxEntries: 8}
	wrong := load(t, loadInnerSize)
	if err := wrong.Maps["services"].Put(uint32(1), newMap(t, backends)); err == nil {
		t.Error("an inner map of another size was accepted")
	} else {
		t.Log(err)
	}

	// With this flag the verifier no longer takes the template's size for granted.
	backends.Flags = unix.BPF_F_INNER_MAP
	right := load(t, loadInnerSize, func(spec *ebpf.CollectionSpec) {
		spec.Maps["services"].InnerMap.Flags = unix.BPF_F_INNER_MAP
	})
	put(t, right.Maps["services"], uint32(1), newMap(t, backends))
	if verdict := runMarked(t, right.Programs["inner_size"], frame("192.0.2.1"), 1); verdict != unspec {
		t.Errorf("verdict %d", int32(verdict))
	}
}

func TestPinByName(t *testing.T) {
	folder, err := os.MkdirTemp("/sys/fs/bpf", "maps")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	open := func(entries uint32) error {
		spec, err := loadPinByName()
		if err != nil {
			return err
		}
		spec.Maps["sessions"].MaxEntries = entries
		c, err := ebpf.NewCollectionWithOptions(spec, ebpf.CollectionOptions{Maps: ebpf.MapOptions{PinPath: folder}})
		if err == nil {
			c.Close()
		}
		return err
	}
	if err := open(32); err != nil {
		t.Fatal(err)
	}
	if err := open(64); !errors.Is(err, ebpf.ErrMapIncompatible) {
		t.Errorf("got %v", err)
	} else {
		t.Log(err)
	}
	if err := open(32); err != nil {
		t.Errorf("the same size again: %v", err)
	}
}

func TestProgramArrayClosed(t *testing.T) {
	spec, err := loadStages()
	if err != nil {
		t.Fatal(err)
	}
	entry, err := programarrayclosed.Load(spec)
	if err != nil {
		t.Fatal(err)
	}
	defer entry.Close()
	// The kernel empties the array in the background.
	for deadline := time.Now().Add(testnet.Patience); run(t, entry, frame("192.0.2.1")) != unspec; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the stage is still called")
		}
	}
	t.Log("the program is still there, and its program array is empty")
}
