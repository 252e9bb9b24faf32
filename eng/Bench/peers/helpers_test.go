// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"
)

// mostHelpers are the targets: calls of the kernel's functions for a packet of a known flow.
var mostHelpers = map[string]string{"monitor": "0", "firewall": "1", "rate-limiter": "0", "load-balancer": "1"}

// TestBenchHelpers counts the calls that the kernel has not put in line. What such a call costs differs between
// machines more than anything else.
func TestBenchHelpers(t *testing.T) {
	const flows = 1 << 10
	function := os.Getenv("CNF_FUNCTION")
	for _, c := range comparisons {
		b, pin := place(t), bpffs(t)
		p := b.start(t, append([]string{"--pin", pin}, caseNamed(t, c.costCase).args(t)...)...)
		peer := loadPeer(t)
		if c.fill != nil {
			c.fill(t, peer.Maps)
		}
		ours := helpersPerPacket(t, newGenerator(t, b, pinnedProgram(t, pin), costFrame(), flows), pinnedProgram(t, pin))
		theirs := helpersPerPacket(t, newGenerator(t, b, onlyProgram(t, peer), costFrame(), flows), onlyProgram(t, peer))
		if theirs == 0 {
			t.Error("the peer calls nothing: calls are not seen")
		}
		p.stop()
		recordFigure(t, figure{
			What:    fmt.Sprintf("helper calls a packet: %s, %s", function, c.costCase),
			Reached: fmt.Sprintf("%.1f; %s: %.1f", ours, c.peer, theirs),
			Target:  mostHelpers[function],
		})
	}
}

// helpersPerPacket has all functions traced that the program may call, while packets come one by one.
func helpersPerPacket(t *testing.T, g *generator, program *ebpf.Program) float64 {
	t.Helper()
	const packets = 1 << 10
	g.run(t, warmUp)
	calls := traceCalls(t, helpersOf(t, program))
	for range packets {
		g.run(t, 1)
	}
	return float64(calls()) / packets
}

// helpersOf are the kernel's functions that a loaded program calls.
func helpersOf(t *testing.T, program *ebpf.Program) map[string]bool {
	t.Helper()
	info, err := program.Info()
	must(t, err)
	code, err := info.Instructions()
	must(t, err)
	symbols, base := kernelFunctions(t)
	helpers := map[string]bool{}
	for _, instruction := range code {
		if !instruction.IsBuiltinCall() {
			continue
		}
		address := base + uint64(int64(int32(instruction.Constant)))
		name, found := symbols[address]
		if !found {
			t.Fatalf("nothing is known of the function at %#x", address)
		}
		helpers[name] = true
	}
	return helpers
}

// kernelFunctions are those of the kernel by address. Calls are relative to the base.
func kernelFunctions(t *testing.T) (symbols map[uint64]string, base uint64) {
	t.Helper()
	file, err := os.Open("/proc/kallsyms")
	must(t, err)
	defer file.Close()
	symbols = map[uint64]string{}
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if !strings.EqualFold(fields[1], "t") {
			continue
		}
		address, err := strconv.ParseUint(fields[0], 16, 64)
		must(t, err)
		symbols[address] = fields[2]
		if fields[2] == "__bpf_call_base" {
			base = address
		}
	}
	must(t, lines.Err())
	return symbols, base
}

// traceCalls counts calls of functions by this process.
func traceCalls(t *testing.T, functions map[string]bool) (calls func() uint64) {
	t.Helper()
	counter, err := ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.Array, KeySize: 4, ValueSize: 8, MaxEntries: 1})
	must(t, err)
	t.Cleanup(func() { counter.Close() })
	for function := range functions {
		program, err := ebpf.NewProgram(&ebpf.ProgramSpec{
			Type: ebpf.Tracing, AttachType: ebpf.AttachTraceFEntry, AttachTo: function, License: "Dual BSD/GPL",
			Instructions: asm.Instructions{
				asm.FnGetCurrentPidTgid.Call(),
				asm.RSh.Imm(asm.R0, 32),
				asm.JNE.Imm(asm.R0, int32(os.Getpid()), "out"),
				asm.LoadMapValue(asm.R1, counter.FD(), 0),
				asm.Mov.Imm(asm.R2, 1),
				asm.StoreXAdd(asm.R1, asm.R2, asm.DWord),
				asm.Mov.Imm(asm.R0, 0).WithSymbol("out"),
				asm.Return(),
			},
		})
		must(t, err)
		t.Cleanup(func() { program.Close() })
		tracing, err := link.AttachTracing(link.TracingOptions{Program: program})
		must(t, err)
		t.Cleanup(func() { tracing.Close() })
	}
	return func() (count uint64) {
		must(t, counter.Lookup(uint32(0), &count))
		return count
	}
}
