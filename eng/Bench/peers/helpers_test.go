// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"fmt"
	"os"
	"testing"

	"github.com/cilium/ebpf"

	"example.com/cnf-template/internal/datapath"
)

// mostHelpers are the targets: helper calls for a packet of a known flow.
var mostHelpers = map[string]string{"monitor": "0", "firewall": "1", "rate-limiter": "0", "load-balancer": "1"}

// TestBenchHelpers counts the helper calls that the kernel does not put in line. What one costs differs between
// machines more than anything else.
func TestBenchHelpers(t *testing.T) {
	function := os.Getenv("CNF_FUNCTION")
	for _, c := range comparisons {
		t.Run(c.costCase, func(t *testing.T) {
			b, pin := place(t), bpffs(t)
			b.start(t, append([]string{"--pin", pin}, caseNamed(t, c.costCase).args(t)...)...)
			ours := helpersPerPacket(t, b, countingTwin(t, pinnedProgram(t, pin)))
			theirs := helpersPerPacket(t, b, countingPeer(t, c))
			if theirs == 0 {
				t.Error("the peer calls no helper: calls are not seen")
			}
			recordFigure(t, figure{
				What:    fmt.Sprintf("helper calls a packet: %s, %s", function, c.costCase),
				Reached: fmt.Sprintf("%.1f; %s: %.1f", ours, c.peer, theirs),
				Target:  mostHelpers[function],
			})
		})
	}
}

// A counting program counts its helper calls.
type counting struct {
	*ebpf.Program
	calls *ebpf.Map
}

func helpersPerPacket(t *testing.T, b *bench, program counting) float64 {
	t.Helper()
	generator := newGenerator(t, b, program.Program, costFrame(), 1<<10)
	generator.run(t, warmUp)
	var before, after uint64
	must(t, program.calls.Lookup(uint32(0), &before))
	generator.run(t, costPackets)
	must(t, program.calls.Lookup(uint32(0), &after))
	return float64(after-before) / costPackets
}

// countingTwin is the running program once more, on the same maps.
func countingTwin(t *testing.T, running *ebpf.Program) counting {
	t.Helper()
	info, err := running.Info()
	must(t, err)
	spec, err := datapath.Spec()
	must(t, err)
	for name := range spec.Programs {
		if name != info.Name {
			delete(spec.Programs, name)
		}
	}
	twin, _ := load(t, spec, mapsOf(t, info, spec))
	return twin
}

// mapsOf are the maps of a loaded program by the names that they have in its object, which the kernel cuts off. They
// have been given other sizes since.
func mapsOf(t *testing.T, info *ebpf.ProgramInfo, spec *ebpf.CollectionSpec) map[string]*ebpf.Map {
	t.Helper()
	maps := map[string]*ebpf.Map{}
	ids, _ := info.MapIDs()
	for _, id := range ids {
		m, err := ebpf.NewMapFromID(id)
		must(t, err)
		t.Cleanup(func() { m.Close() })
		info, err := m.Info()
		must(t, err)
		for name, described := range spec.Maps {
			if info.Name == name[:min(len(name), 15)] {
				maps[name], described.MaxEntries, described.Flags = m, m.MaxEntries(), m.Flags()
			}
		}
	}
	return maps
}

func countingPeer(t *testing.T, c comparison) counting {
	t.Helper()
	program, maps := load(t, peerSpec(t, c.object, c.room), nil)
	if c.fill != nil {
		c.fill(t, maps)
	}
	return program
}

// load makes the only program of an object count, and loads it.
func load(t *testing.T, spec *ebpf.CollectionSpec, maps map[string]*ebpf.Map) (counting, map[string]*ebpf.Map) {
	t.Helper()
	calls, err := ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.Array, KeySize: 4, ValueSize: 8, MaxEntries: 1})
	must(t, err)
	t.Cleanup(func() { calls.Close() })
	for _, program := range spec.Programs {
		program.Instructions = withCallsCounted(program.Instructions, spec.Maps, calls)
	}
	collection, err := ebpf.NewCollectionWithOptions(spec, ebpf.CollectionOptions{MapReplacements: maps})
	must(t, err)
	t.Cleanup(collection.Close)
	return counting{onlyProgram(t, collection), calls}, collection.Maps
}
