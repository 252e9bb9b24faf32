// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"errors"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// trafficControlPrograms counts the programs at both sides of near's device: tcx links, or the
// filters of a clsact qdisc on older kernels.
func trafficControlPrograms(t *testing.T, b *bench) int {
	t.Helper()
	if before(6, 6) {
		return clsactPrograms(t, b)
	}
	return queryPrograms(t, b, ebpf.AttachTCXIngress, ebpf.AttachTCXEgress)
}

func queryPrograms(t *testing.T, b *bench, sides ...ebpf.AttachType) int {
	t.Helper()
	index := b.near.Link(t, b.near.Name).Attrs().Index
	count := 0
	for _, side := range sides {
		err := b.inside().Do(func() error {
			result, err := link.QueryPrograms(link.QueryOptions{Target: index, Attach: side})
			if err == nil {
				count += len(result.Programs)
			}
			return err
		})
		if err != nil {
			t.Fatalf("query %s of %s: %v", side, b.near.Name, err)
		}
	}
	return count
}

// clsactPrograms counts filters that do something. A filter outlives a process that was killed,
// but then its program calls nothing any more.
func clsactPrograms(t *testing.T, b *bench) int {
	t.Helper()
	device := b.near.Link(t, b.near.Name)
	count := 0
	err := b.inside().Do(func() error {
		for _, parent := range []uint32{netlink.HANDLE_MIN_INGRESS, netlink.HANDLE_MIN_EGRESS} {
			filters, err := netlink.FilterList(device, parent)
			if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOENT) {
				// There is no clsact qdisc.
				continue
			}
			if err != nil {
				return err
			}
			for _, filter := range filters {
				if bpf, ok := filter.(*netlink.BpfFilter); ok && works(t, bpf) {
					count++
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatalf("list filters of %s: %v", b.near.Name, err)
	}
	return count
}

// works tells whether the program that a filter calls reaches the one that counts: through the
// program array that the CNF holds, and empties by its end.
func works(t *testing.T, filter *netlink.BpfFilter) bool {
	t.Helper()
	program, err := ebpf.NewProgramFromID(ebpf.ProgramID(filter.Id))
	if err != nil {
		t.Fatalf("open program %d of filter %s: %v", filter.Id, filter.Name, err)
	}
	defer program.Close()
	info, err := program.Info()
	if err != nil {
		t.Fatalf("read program %d: %v", filter.Id, err)
	}
	ids, _ := info.MapIDs()
	for _, id := range ids {
		array, err := ebpf.NewMapFromID(id)
		if err != nil || array.Type() != ebpf.ProgramArray {
			continue
		}
		defer array.Close()
		var key, value uint32
		return array.Iterate().Next(&key, &value)
	}
	return true
}

// attachOther puts a program of somebody else at one side of near's device.
func attachOther(t *testing.T, b *bench, side ebpf.AttachType) link.Link {
	t.Helper()
	program, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		Type:         ebpf.SchedCLS,
		Instructions: asm.Instructions{asm.Mov.Imm(asm.R0, -1), asm.Return()},
		License:      "Dual BSD/GPL",
	})
	if err != nil {
		t.Fatalf("load program: %v", err)
	}
	t.Cleanup(func() { program.Close() })
	var attached link.Link
	err = b.inside().Do(func() error {
		var err error
		attached, err = link.AttachTCX(link.TCXOptions{
			Interface: b.near.Link(t, b.near.Name).Attrs().Index, Program: program, Attach: side,
		})
		return err
	})
	if err != nil {
		t.Fatalf("attach program: %v", err)
	}
	t.Cleanup(func() { attached.Close() })
	return attached
}
