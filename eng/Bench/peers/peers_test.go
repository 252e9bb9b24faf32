// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/cilium/ebpf"
)

// A comparison sets a case of costCases beside a peer that does the same work. Each function has its own.
type comparison struct {
	costCase string
	// peer is what it is, and object where: a file in the folder CNF_PEERS, without its extension.
	peer, object string
	// room is how many entries the peer's table of flows gets: twice as many as flows are measured, because LRU
	// hashes evict long before they are full.
	room uint32
	// fill gives the peer the settings of the case. Optional.
	fill func(t *testing.T, maps map[string]*ebpf.Map)
	// expect looks at more than the counts, after all runs. Optional.
	expect func(t *testing.T, m match)
}

// A match is a comparison that is going on.
type match struct {
	*bench
	*process
	ours, theirs *ebpf.Program
	// most is the largest number of flows that were measured.
	most uint32
}

// TestBenchPeers measures the CNF and its peers in turns on the same packets. It is put beside the tests of a
// generated project, whose generator and cases it uses.
func TestBenchPeers(t *testing.T) {
	for _, c := range comparisons {
		t.Run(c.costCase, c.run)
	}
}

func (c comparison) run(t *testing.T) {
	settings := caseNamed(t, c.costCase)
	b := place(t)
	pin := bpffs(t)
	p := b.start(t, append([]string{"--pin", pin}, settings.args(t)...)...)
	ours, peer := pinnedProgram(t, pin), loadPeer(t, c.object, c.room)
	if c.fill != nil {
		c.fill(t, peer.Maps)
	}
	theirs := onlyProgram(t, peer)
	result := costsBeside{Machine: machine(), Function: os.Getenv("CNF_FUNCTION"), Case: c.costCase, Peer: c.peer, Flows: c.flows()}
	for _, flows := range result.Flows {
		ourCount, theirCount := packetCounts(p), peerCounts(t, peer)
		both := costs(t, b, flows, ours, theirs)
		settings.expectCounts(t, packetCounts(p).since(ourCount), flows)
		settings.expectCounts(t, peerCounts(t, peer).since(theirCount), flows)
		result.Ours, result.Theirs = append(result.Ours, both[0]), append(result.Theirs, both[1])
	}
	if c.expect != nil {
		c.expect(t, match{b, p, ours, theirs, slices.Max(result.Flows)})
	}
	p.stop()
	recordCosts(t, result)
}

// flows are the numbers of flows that are measured.
func (c comparison) flows() []uint32 {
	return slices.DeleteFunc(slices.Clone(costFlows), func(flows uint32) bool { return c.room > 0 && flows > c.room/2 })
}

func caseNamed(t *testing.T, name string) costCase {
	t.Helper()
	for _, c := range costCases {
		if c.name == name {
			return c
		}
	}
	t.Fatalf("there is no case %q", name)
	return costCase{}
}

func loadPeer(t *testing.T, object string, room uint32) *ebpf.Collection {
	t.Helper()
	collection, err := ebpf.NewCollection(peerSpec(t, object, room))
	must(t, err)
	t.Cleanup(collection.Close)
	return collection
}

// peerTables are what the peers call their tables of flows.
var peerTables = []string{"flows", "buckets", "connections"}

// peerSpec is the peer with room for as many flows; 0 if it keeps none.
func peerSpec(t *testing.T, object string, room uint32) *ebpf.CollectionSpec {
	t.Helper()
	spec, err := ebpf.LoadCollectionSpec(filepath.Join(os.Getenv("CNF_PEERS"), object+".o"))
	must(t, err)
	for _, m := range spec.Maps {
		m.Pinning = ebpf.PinNone
		if slices.Contains(peerTables, m.Name) {
			m.MaxEntries = room
		}
	}
	for _, program := range spec.Programs {
		// The generator joins with programs that take packets in several buffers.
		program.Flags |= xdpFrags
		program.AttachType = ebpf.AttachXDP
	}
	return spec
}

func onlyProgram(t *testing.T, collection *ebpf.Collection) *ebpf.Program {
	t.Helper()
	for _, program := range collection.Programs {
		return program
	}
	t.Fatal("the peer has no program")
	return nil
}

// peerCounts reads the packets and bytes that a peer counts for each XDP action.
func peerCounts(t *testing.T, peer *ebpf.Collection) (count packetCount) {
	t.Helper()
	const drop = 1 // XDP_DROP
	stats := peer.Maps["xdp_stats_map"]
	for action := range stats.MaxEntries() {
		var perCPU []struct{ Packets, Bytes uint64 }
		must(t, stats.Lookup(action, &perCPU))
		for _, counted := range perCPU {
			count.all += float64(counted.Packets)
			if action == drop {
				count.dropped += float64(counted.Packets)
			}
		}
	}
	return count
}
