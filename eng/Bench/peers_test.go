// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
)

// peer is what the finished program is compared with.
type peer struct {
	name string
	*ebpf.Program
}

// denied is how many of the first flows' addresses are on a deny list.
const denied = 512

// TestPeers is `eng bench`: it prints what a packet costs the CNF, the peers, and the ratios, all of one run. It is
// put beside the tests of a generated project, whose generator it uses.
func TestPeers(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	peers := loadPeers(t)
	for _, c := range costCases {
		t.Run(c.name, func(t *testing.T) {
			b := place(t)
			pin := bpffs(t)
			p := b.start(t, append([]string{"--pin", pin}, c.args(t)...)...)
			ours := pinnedProgram(t, pin)
			for _, peer := range peers {
				comparePeer(t, b, c, ours, peer)
			}
			p.stop()
		})
	}
}

func comparePeer(t *testing.T, b *bench, c costCase, ours *ebpf.Program, peer peer) {
	t.Helper()
	var us, them, ratios []string
	for _, flows := range costFlows {
		both := costs(t, b, flows, ours, peer.Program)
		us, them = append(us, fmt.Sprintf("%.1f", both[0])), append(them, fmt.Sprintf("%.1f", both[1]))
		ratios = append(ratios, fmt.Sprintf("%.1fx", both[1]/both[0]))
	}
	fmt.Printf("| %s: %s | %s |\n", os.Getenv("CNF_FUNCTION"), c.name, strings.Join(us, " | "))
	fmt.Printf("| %s | %s |\n", peer.name, strings.Join(them, " | "))
	fmt.Printf("| ratio | %s |\n", strings.Join(ratios, " | "))
}

// loadPeers loads what CNF_PEERS names: name=object, separated by commas.
func loadPeers(t *testing.T) (peers []peer) {
	t.Helper()
	for _, entry := range strings.Split(os.Getenv("CNF_PEERS"), ",") {
		name, path, found := strings.Cut(entry, "=")
		if !found {
			t.Fatalf("CNF_PEERS: %q is not name=object", entry)
		}
		spec, err := ebpf.LoadCollectionSpec(path)
		must(t, err)
		for _, m := range spec.Maps {
			m.Pinning = ebpf.PinNone
		}
		for _, program := range spec.Programs {
			// The generator joins with programs that take packets in several buffers.
			program.Flags |= xdpFrags
			program.AttachType = ebpf.AttachXDP
		}
		collection, err := ebpf.NewCollection(spec)
		must(t, err)
		t.Cleanup(collection.Close)
		fillDenyList(t, collection)
		for _, program := range collection.Programs {
			peers = append(peers, peer{name, program})
			break
		}
	}
	return peers
}

// fillDenyList puts the sources of the first flows on the list of xdp-filter.
func fillDenyList(t *testing.T, collection *ebpf.Collection) {
	t.Helper()
	list := collection.Maps["filter_ipv4"]
	if list == nil {
		return
	}
	const source = 1 // the direction in xdp-filter's flags
	flags := make([]uint64, ebpf.MustPossibleCPU())
	for i := range flags {
		flags[i] = source
	}
	for i := range denied {
		must(t, list.Put([]byte{10, 0, byte(i >> 8), byte(i)}, flags))
	}
}
