// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"example.com/my-cnf/internal/testnet"
	"example.com/my-cnf/test/reference"
)

const hookName = "tracepoint"

var (
	capabilities = []uintptr{unix.CAP_BPF, unix.CAP_PERFMON}
	directions   = []string{"ingress", "egress"}
)

func place(t *testing.T) *bench {
	t.Helper()
	b := vethBench(t)
	b.args, b.links = []string{"--interface", b.near.Name}, 3
	return b
}

func tap(t *testing.T, b *bench) *testnet.Tap { return b.near.Tap(t) }

func sees(f testnet.Frame) (direction string, packet reference.Packet, bytes int, ok bool) {
	return seesFrame(f)
}

// The event comes before the kernel takes an outer tag out of the frame, the tap after it.
func seesTagInFrame(f testnet.Frame) (direction string, packet reference.Packet, bytes int, ok bool) {
	direction, packet, bytes, ok = seesFrame(f)
	if f.Tagged {
		bytes += 4
	}
	return direction, packet, bytes, ok
}

func TestFramesThatNoSocketSends(t *testing.T) {
	b := place(t)
	expectRaw(t, b, tap(t, b), seesTagInFrame, allRaw)
}

// VLAN devices put the tag beside the packet, and that is how it goes through a veth pair.
func TestTagBesideThePacket(t *testing.T) {
	b := place(t)
	nearVLAN, farVLAN, err := testnet.VLAN(t, b.near, b.far, 10)
	if err != nil {
		skipUnlessOlder(t, 6, 1, "CONFIG_VLAN_8021Q", err)
	}
	recorded := tap(t, b)
	p := b.start(t)
	testnet.UDP(t, nearVLAN, farVLAN, 4, 5, 100)
	testnet.UDP(t, nearVLAN, farVLAN, 6, 5, 100)
	want := expectCounted(t, p, recorded, sees)
	for key := range want.flows {
		if key.VLAN != 10 {
			t.Errorf("a flow without the tag: %+v", key)
		}
	}
	if len(want.flows) != 4 {
		t.Errorf("%d flows, want one for each direction and IP version", len(want.flows))
	}
}

// Without --interface everything in the namespace is counted, and nothing outside.
func TestAllInterfacesOfTheNamespace(t *testing.T) {
	b := place(t)
	b.args = nil
	p := b.start(t)
	testnet.UDP(t, b.near, b.far, 4, 5, 100)
	expectUDP(t, b, p.flows, 5)
	eventually(t, func() error { return loopbackIsCounted(p.flows()) })
	for _, f := range p.flows() {
		// What near sends, far receives: counted there, it would be ingress.
		if f.Source == b.near.IPv4 && f.Direction == "ingress" {
			t.Errorf("a packet of the other namespace was counted: %+v", f)
		}
	}
}

// loopbackIsCounted looks for the test's own requests to the CNF.
func loopbackIsCounted(flows []flow) error {
	for _, f := range flows {
		if f.Source.IsLoopback() {
			return nil
		}
	}
	return fmt.Errorf("nothing on loopback was counted: %+v", flows)
}

// awaitLog waits until the log has the words so many times.
func awaitLog(p *process, words string, times int) {
	p.t.Helper()
	eventually(p.t, func() error {
		if got := strings.Count(p.log(), words); got < times {
			return fmt.Errorf("the log says %q %d times, want %d:\n%s", words, got, times, p.log())
		}
		return nil
	})
}

// A pattern follows interfaces that come and go.
func TestInterfacesAreFollowed(t *testing.T) {
	b := place(t)
	b.args = []string{"--interface", "/^left/"}
	p := b.start(t)
	testnet.UDP(t, b.near, b.far, 4, 5, 100)
	expectUDP(t, b, p.flows, 5)
	b.near.Remove(t, b.near.Name)
	awaitLog(p, "no longer watching", 1)

	near, far := testnet.Veth(t, b.near.Namespace, b.far.Namespace)
	awaitLog(p, "msg=watching", 2)
	testnet.UDP(t, near, far, 4, 6, 100)
	expectUDP(t, b, p.flows, 11)
}
