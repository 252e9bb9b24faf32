// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"
)

// A costCase is a setting of the function whose cost is measured; each function lists its own.
type costCase struct {
	name string
	// args are the flags of run.
	args func(t *testing.T) []string
	// dropped is the share of the packets that the function must drop.
	dropped float64
	// droppedOf is that share where it depends on the number of flows. Optional.
	droppedOf func(flows uint32) float64
}

func (c costCase) wantDropped(flows uint32) float64 {
	if c.droppedOf != nil {
		return c.droppedOf(flows)
	}
	return c.dropped
}

var costCases = []costCase{
	{name: "totals alone", args: func(*testing.T) []string { return []string{"--max-flows", "0"} }},
	{name: "flow table, room for 65,536", args: func(*testing.T) []string { return []string{"--max-flows", "65536"} }},
	{name: "flow table, room for 1,048,576", args: func(*testing.T) []string { return []string{"--max-flows", "1048576"} }},
}

const (
	warmUp = 1 << 20
	// costPackets are in each round.
	costPackets = 1 << 20
)

var costRounds = flag.Int("rounds", 11, "how often to measure; the figure is the median")

// costFlows are the numbers of flows: the tables are in the first cache, in the last, and in neither.
var costFlows = []uint32{1, 1 << 10, 1 << 16, 1 << 20}

// TestCost is `make bench`: what the finished program adds to a packet, for different numbers of flows, with
// the cost of generating the packet taken off. After every run the CNF must have counted
// every packet, and dropped as many as it should.
func TestCost(t *testing.T) {
	fmt.Printf("%s\n| ns per packet, of flows | %s |\n|---|%s\n", machine(), joined(costFlows), strings.Repeat("---|", len(costFlows)))
	for _, c := range costCases {
		t.Run(c.name, func(t *testing.T) {
			b := place(t)
			pin := bpffs(t)
			p := b.start(t, append([]string{"--pin", pin}, c.args(t)...)...)
			program := pinnedProgram(t, pin)
			var costs []string
			for _, flows := range costFlows {
				costs = append(costs, fmt.Sprintf("%.1f", cost(t, b, p, c, program, flows)))
			}
			p.stop()
			fmt.Printf("| %s | %s |\n", c.name, strings.Join(costs, " | "))
		})
	}
}

// cost measures one setting with a number of flows, and checks what the CNF counted meanwhile.
func cost(t *testing.T, b *bench, p *process, c costCase, program *ebpf.Program, flows uint32) float64 {
	t.Helper()
	before := packetCounts(p)
	perPacket := costs(t, b, flows, program)[0]
	c.expectCounts(t, packetCounts(p).since(before), flows)
	return perPacket
}

// expectCounts checks what a program counted while its costs were measured.
func (c costCase) expectCounts(t *testing.T, counted packetCount, flows uint32) {
	t.Helper()
	sent := float64(warmUp + *costRounds*costPackets)
	if counted.all < sent || counted.all > sent*1.001 {
		t.Errorf("%v packets were counted, want %v", counted.all, sent)
	}
	want := c.wantDropped(flows)
	if dropped := counted.dropped / sent; dropped < want-0.01 || dropped > want+0.01 {
		t.Errorf("%.2f of the packets were dropped, want %.2f", dropped, want)
	}
}

// costs are medians of rounds, in ns, less what generating a packet costs. The programs take turns, so that a
// slower moment of the machine hits all of them.
func costs(t *testing.T, b *bench, flows uint32, programs ...*ebpf.Program) []float64 {
	t.Helper()
	programs = append(programs, nothing(t, programs[0].Type()))
	generators, rounds := make([]*generator, len(programs)), make([][]float64, len(programs))
	for i, program := range programs {
		generators[i] = newGenerator(t, b, program, costFrame(), flows)
		generators[i].run(t, warmUp)
	}
	for range *costRounds {
		for i, g := range generators {
			perPacket, _ := g.run(t, costPackets)
			rounds[i] = append(rounds[i], perPacket)
		}
	}
	floor := median(rounds[len(rounds)-1])
	medians := make([]float64, len(programs)-1)
	for i := range medians {
		medians[i] = median(rounds[i]) - floor
	}
	return medians
}

// costFrame is a datagram of 64 bytes.
func costFrame() []byte {
	frame := make([]byte, 64)
	copy(frame, []byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0})
	copy(frame[14:], []byte{0x45, 0, 0, 50, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 0, 192, 0, 2, 1})
	copy(frame[34:], []byte{0x9c, 0x41, 0, 53, 0, 30, 0, 0})
	return frame
}

// pinnedProgram opens the program that looks at what comes in.
func pinnedProgram(t *testing.T, pin string) *ebpf.Program {
	t.Helper()
	for _, pattern := range []string{"*_ingress-*", "*_peer-*"} {
		paths, err := filepath.Glob(filepath.Join(pin, "links", pattern))
		must(t, err)
		if len(paths) == 0 {
			continue
		}
		pinned, err := link.LoadPinnedLink(paths[0], nil)
		must(t, err)
		defer pinned.Close()
		info, err := pinned.Info()
		must(t, err)
		program, err := ebpf.NewProgramFromID(info.Program)
		must(t, err)
		t.Cleanup(func() { program.Close() })
		return program
	}
	t.Fatal("no link of a program for incoming packets is pinned")
	return nil
}

func nothing(t *testing.T, kind ebpf.ProgramType) *ebpf.Program {
	t.Helper()
	spec := &ebpf.ProgramSpec{Name: "nothing", Type: kind, License: "Dual BSD/GPL", Instructions: asm.Instructions{
		asm.Mov.Imm(asm.R0, 0), asm.Return(),
	}}
	if kind == ebpf.XDP {
		spec.AttachType, spec.Flags = ebpf.AttachXDP, xdpFrags
	}
	program, err := ebpf.NewProgram(spec)
	must(t, err)
	t.Cleanup(func() { program.Close() })
	return program
}

type packetCount struct{ all, dropped float64 }

func (c packetCount) since(before packetCount) packetCount {
	return packetCount{c.all - before.all, c.dropped - before.dropped}
}

func packetCounts(p *process) (count packetCount) {
	for series, value := range p.metrics() {
		if !strings.HasPrefix(series, "cnf_packets_total{") {
			continue
		}
		count.all += value
		if strings.Contains(series, `verdict="drop"`) {
			count.dropped += value
		}
	}
	return count
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

func joined(numbers []uint32) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(numbers), " ", " | "), "[]")
}

// machine says what the figures belong to: mitigations change the price of a helper call several times over.
func machine() string {
	model := "unknown CPU"
	if info, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if _, after, found := strings.Cut(string(info), "model name\t: "); found {
			model, _, _ = strings.Cut(after, "\n")
		}
	}
	release, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	text := fmt.Sprintf("%s, Linux %s", model, strings.TrimSpace(string(release)))
	for _, name := range []string{"spectre_v2", "spec_rstack_overflow"} {
		if state, err := os.ReadFile("/sys/devices/system/cpu/vulnerabilities/" + name); err == nil {
			text += fmt.Sprintf(", %s: %s", name, strings.TrimSpace(string(state)))
		}
	}
	return text
}
