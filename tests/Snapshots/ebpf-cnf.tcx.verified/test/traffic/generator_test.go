// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"golang.org/x/sys/unix"

	"example.com/my-cnf/internal/testnet"
)

// A generator is a BPF program that makes the packet of the next flow and hands it to the program
// under test by a tail call. The kernel repeats it without a system call in between. Without
// it a benchmark would show the same packet again and again, or what the program under test
// has left of it, and measure nothing but warm caches.
type generator struct {
	*ebpf.Program
	// from is the device that the packets come in by.
	from  testnet.End
	frame []byte
	cpu   int
	flags uint32
}

const (
	ethernetSize = 14
	sourceOffset = ethernetSize + 12

	xdpFrags = 1 << 5 // BPF_F_XDP_HAS_FRAGS of linux/bpf.h
)

// xdpContext is struct xdp_md.
type xdpContext struct {
	Data, DataEnd, DataMeta, IngressIfindex, RxQueueIndex, EgressIfindex uint32
}

// newGenerator makes a generator of the same kind as the program, for a number of flows that is a power of
// two. Flows differ in their IPv4 source address; the frame has the first one, whose lower 24 bits are zero.
func newGenerator(t *testing.T, b *bench, program *ebpf.Program, frame []byte, flows uint32) *generator {
	t.Helper()
	slot, err := ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.ProgramArray, KeySize: 4, ValueSize: 4, MaxEntries: 1})
	must(t, err)
	t.Cleanup(func() { slot.Close() })
	generator := loadGenerator(t, b.near, program.Type(), frame, flows, asm.Instructions{
		asm.Mov.Reg(asm.R1, asm.R6),
		asm.LoadMapPtr(asm.R2, slot.FD()),
		asm.Mov.Imm(asm.R3, 0),
		asm.FnTailCall.Call(),
		asm.Mov.Imm(asm.R0, 0),
		asm.Return(),
	})
	must(t, slot.Put(uint32(0), program))
	return generator
}

// loadGenerator takes what to do with a packet. The context is in R6 then.
func loadGenerator(t *testing.T, from testnet.End, kind ebpf.ProgramType, frame []byte, flows uint32, then asm.Instructions) *generator {
	t.Helper()
	counter, err := ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.Array, KeySize: 4, ValueSize: 8, MaxEntries: 1})
	must(t, err)
	t.Cleanup(func() { counter.Close() })
	spec := &ebpf.ProgramSpec{
		Name:         "generator",
		Type:         kind,
		License:      "Dual BSD/GPL",
		Instructions: generatorCode(kind, counter, frame, flows, then),
	}
	if kind == ebpf.XDP {
		// A tail call joins only programs that are alike in both.
		spec.AttachType, spec.Flags = ebpf.AttachXDP, xdpFrags
	}
	program, err := ebpf.NewProgram(spec)
	must(t, err)
	t.Cleanup(func() { program.Close() })
	return &generator{Program: program, from: from, frame: frame}
}

// generatorCode keeps the context in R6. R7 is the start of the packet.
func generatorCode(kind ebpf.ProgramType, counter *ebpf.Map, frame []byte, flows uint32, then asm.Instructions) asm.Instructions {
	if kind == ebpf.CGroupSKB {
		// It may only read the packet.
		return append(asm.Instructions{asm.Mov.Reg(asm.R6, asm.R1)}, then...)
	}
	data, dataEnd := int16(0), int16(4)
	if kind != ebpf.XDP {
		data, dataEnd = 76, 80 // struct __sk_buff
	}
	code := asm.Instructions{asm.Mov.Reg(asm.R6, asm.R1)}
	code = append(code,
		asm.LoadMem(asm.R7, asm.R6, data, asm.Word).WithSymbol("generate"),
		asm.LoadMem(asm.R3, asm.R6, dataEnd, asm.Word),
		asm.Mov.Reg(asm.R4, asm.R7),
		asm.Add.Imm(asm.R4, sourceOffset+4),
		asm.JGT.Reg(asm.R4, asm.R3, "then"),
	)
	// What the program under test may have changed.
	for offset := 0; offset < ethernetSize; offset += 2 {
		code = append(code, asm.StoreImm(asm.R7, int16(offset), int64(frame[offset+1])<<8|int64(frame[offset]), asm.Half))
	}
	code = append(code,
		asm.LoadMapValue(asm.R2, counter.FD(), 0),
		asm.LoadMem(asm.R1, asm.R2, 0, asm.DWord),
		asm.Add.Imm(asm.R1, 1),
		asm.StoreMem(asm.R2, 0, asm.R1, asm.DWord),
		asm.And.Imm(asm.R1, int32(flows-1)),
		asm.Or.Imm(asm.R1, int32(binary.BigEndian.Uint32(frame[sourceOffset:]))),
		asm.HostTo(asm.BE, asm.R1, asm.Word),
		asm.StoreMem(asm.R7, sourceOffset, asm.R1, asm.Word),
	)
	then[0] = then[0].WithSymbol("then")
	return append(code, then...)
}

// run generates packets, and returns what one took and what the last one's program returned. The system call
// is timed from outside, because the kernel reports whole nanoseconds.
func (g *generator) run(t *testing.T, packets uint32) (perPacket float64, action uint32) {
	t.Helper()
	options := g.options(t, packets)
	var took time.Duration
	err := g.from.Outside().Do(func() error {
		// The thread ends with this function.
		var cpus unix.CPUSet
		cpus.Set(g.cpu)
		if err := unix.SchedSetaffinity(0, &cpus); err != nil {
			return err
		}
		begun := threadTime()
		var err error
		action, err = g.Run(options)
		took = threadTime() - begun
		return err
	})
	must(t, err)
	return float64(took.Nanoseconds()) / float64(packets), action
}

// options are those of a run.
func (g *generator) options(t *testing.T, packets uint32) *ebpf.RunOptions {
	t.Helper()
	options := &ebpf.RunOptions{Data: g.frame, Repeat: packets, Flags: g.flags}
	if g.Type() == ebpf.XDP {
		device := g.from.Link(t, g.from.Name).Attrs().Index
		options.Context = xdpContext{DataEnd: uint32(len(g.frame)), IngressIfindex: uint32(device)}
	}
	return options
}

// threadTime is the time that the thread had a CPU: others want one, too.
func threadTime() time.Duration {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &now); err != nil {
		panic(err)
	}
	return time.Duration(now.Nano())
}
