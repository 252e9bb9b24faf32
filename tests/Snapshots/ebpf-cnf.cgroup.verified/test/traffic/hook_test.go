// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"

	"example.com/my-cnf/internal/testnet"
	"example.com/my-cnf/test/reference"
)

const hookName = "cgroup"

var (
	capabilities = []uintptr{unix.CAP_BPF, unix.CAP_NET_ADMIN}
	directions   = []string{"ingress", "egress"}
)

// place puts near's sockets into a cgroup. What near's kernel itself sends and receives, such as
// replies to pings, belongs to no cgroup.
func place(t *testing.T) *bench {
	b := vethBench(t)
	cgroup := testnet.NewCgroup(t)
	b.near.Namespace = b.near.Within(cgroup)
	b.args, b.links = []string{"--cgroup", cgroup.Path}, 2
	return b
}

func attached(t *testing.T, b *bench) int {
	t.Helper()
	cgroup, err := os.Open(b.args[1])
	if err != nil {
		t.Fatal(err)
	}
	defer cgroup.Close()
	count := 0
	for _, side := range []ebpf.AttachType{ebpf.AttachCGroupInetIngress, ebpf.AttachCGroupInetEgress} {
		result, err := link.QueryPrograms(link.QueryOptions{Target: int(cgroup.Fd()), Attach: side})
		if err != nil {
			t.Fatalf("query %s: %v", side, err)
		}
		count += len(result.Programs)
	}
	return count
}

func tap(t *testing.T, b *bench) *testnet.Tap { return b.near.Tap(t) }

// sees is the frame without its Ethernet header. All of near's sockets are in the cgroup.
func sees(f testnet.Frame) (direction string, packet reference.Packet, bytes int, ok bool) {
	const ethernet = 14
	return directionOf(f), reference.IP(f.Data[ethernet:]), len(f.Data) - ethernet, true
}

// What other sockets in the same namespace send and receive is not counted.
func TestOtherCgroupsAreNotCounted(t *testing.T) {
	b := place(t)
	p := b.start(t)
	outside := b.near
	outside.Namespace = b.near.Outside()
	testnet.UDP(t, outside, b.far, 4, messages, size)
	testnet.Ping(t, b.far, b.near, 4, messages, size)
	testnet.UDP(t, b.near, b.far, 4, 3, size)
	expectUDP(t, b, p.flows, 3)
	for _, direction := range directions {
		if got := countedTotals(p)[totalKey{direction, reference.None}].packets; got != 3 {
			t.Errorf("%d packets at %s, want 3", got, direction)
		}
	}
	p.stop()
}

// A program on a cgroup is for the cgroups below it, too.
func TestCgroupsBelowAreCounted(t *testing.T) {
	b := place(t)
	below := testnet.CgroupBelow(t, b.args[1])
	p := b.start(t)
	inside := b.near
	inside.Namespace = b.near.Within(below)
	testnet.UDP(t, inside, b.far, 4, 4, size)
	expectUDP(t, b, p.flows, 4)
	p.stop()
}

func TestDirection(t *testing.T) {
	for _, direction := range directions {
		t.Run(direction, func(t *testing.T) {
			b := place(t)
			p := b.start(t, "--direction", direction)
			expectAttached(t, b, 1)
			testnet.UDP(t, b.near, b.far, 4, 5, 100)
			eventually(t, func() error { return expectTotals(p, direction, 5) })
			p.stop()
		})
	}
}

func TestUnknownCgroupIsRefused(t *testing.T) {
	b := place(t)
	missing := filepath.Join(b.args[1], "missing")
	expectRefusal(t, launch(t, b.inside(), identity{}, "run", "--cgroup", missing), missing)
	notCgroup := t.TempDir()
	expectRefusal(t, launch(t, b.inside(), identity{}, "run", "--cgroup", notCgroup), notCgroup, "cgroup")
}
