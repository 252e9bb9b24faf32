// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"net/netip"
	"testing"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"example.com/my-cnf/internal/testnet"
	"example.com/my-cnf/test/reference"
)

const hookName = "tcx"

var (
	capabilities = []uintptr{unix.CAP_BPF, unix.CAP_NET_ADMIN}
	directions   = []string{"ingress", "egress"}
)

func place(t *testing.T) *bench {
	b := vethBench(t)
	b.args, b.links = []string{"--interface", b.near.Name}, 2
	return b
}

func attached(t *testing.T, b *bench) int {
	t.Helper()
	return trafficControlPrograms(t, b)
}

func tap(t *testing.T, b *bench) *testnet.Tap { return b.near.Tap(t) }

func sees(f testnet.Frame) (direction string, packet reference.Packet, bytes int, ok bool) {
	return seesFrame(f)
}

// The mode is tcx where the kernel has it, and nowhere else.
func TestModeIsWhatTheKernelHas(t *testing.T) {
	b := place(t)
	p := b.start(t)
	mode := "tcx"
	if before(6, 6) {
		mode = "clsact"
		expectLog(t, p, "kernel has no tcx")
	}
	expectLog(t, p, "msg=attached hook=tcx interface=left0 program=tcx_ingress mode="+mode)
	expectLog(t, p, "msg=attached hook=tcx interface=left0 program=tcx_egress mode="+mode)
	p.stop()
}

func TestFramesThatNoSocketSends(t *testing.T) {
	b := place(t)
	expectRaw(t, b, tap(t, b), sees, allRaw)
}

// The devices take the tag out of the frame, and let it travel beside the packet.
func TestVLANDevices(t *testing.T) {
	b := place(t)
	near, far, err := testnet.VLAN(t, b.near, b.far, 100)
	if err != nil {
		skipUnlessOlder(t, 0, 0, "CONFIG_VLAN_8021Q", err)
	}
	testVLAN(t, b, near, far, 100)
}

func TestDirectionAndAnchor(t *testing.T) {
	for direction, anchor := range map[string]string{"ingress": "head", "egress": "tail"} {
		t.Run(direction, func(t *testing.T) {
			b := place(t)
			p := b.start(t, "--direction", direction, "--anchor", anchor)
			expectAttached(t, b, 1)
			testnet.UDP(t, b.near, b.far, 4, 5, 100)
			eventually(t, func() error { return expectTotals(p, direction, 5) })
			p.stop()
			expectAttached(t, b, 0)
		})
	}
}

// A device without Ethernet header takes the programs that begin with the IP header.
func TestDeviceWithoutEthernetHeader(t *testing.T) {
	near, far, err := testnet.Tun(t, testnet.New(t))
	if err != nil {
		skipUnlessOlder(t, 0, 0, "CONFIG_TUN", err)
	}
	b := &bench{near: near, args: []string{"--interface", near.Name}, links: 2}
	p := b.start(t)
	expectLog(t, p, "program=tcx_ingress_l3")
	expectLog(t, p, "program=tcx_egress_l3")

	recorded := near.Tap(t)
	nobody := testnet.End{IPv4: netip.MustParseAddr("10.77.0.9"), IPv6: netip.MustParseAddr("fd77::9"), MAC: make([]byte, 6)}
	testnet.SendUDP(t, near, nobody.IPv4, messages, size)
	testnet.SendUDP(t, near, nobody.IPv6, messages, size)
	const ethernet = 14
	sent := 0
	for _, frame := range rawFrames(&bench{near: near, far: nobody}) {
		if packet := frame[ethernet:]; frame[12] == 0x08 && frame[13] == 0 {
			if _, err := far.Write(packet); err != nil {
				t.Fatalf("write packet: %v", err)
			}
			sent++
		}
	}
	want := expectCounted(t, p, recorded, func(f testnet.Frame) (string, reference.Packet, int, bool) {
		return directionOf(f), reference.IP(f.Data), len(f.Data), true
	})
	if got := want.totals[totalKey{"egress", reference.None}].packets; got != 2*messages {
		t.Errorf("%d packets left, want %d", got, 2*messages)
	}
	if got := want.totals[totalKey{"ingress", reference.None}].packets; got == 0 || sent < 3 {
		t.Errorf("%d of %d packets arrived whole", got, sent)
	}
	p.stop()
}

// Other programs at the same place go on working, before and after.
func TestSharesTheHookWithOthers(t *testing.T) {
	if before(6, 6) {
		t.Skip("clsact has no place for several programs without knowing of each other: tcx is from Linux 6.6")
	}
	b := place(t)
	other := attachOther(t, b, ebpf.AttachTCXIngress)
	p := b.start(t)
	expectAttached(t, b, 3)
	testnet.UDP(t, b.near, b.far, 4, 5, 100)
	expectUDP(t, b, p.flows, 5)
	p.stop()
	expectAttached(t, b, 1)
	other.Close()
	expectAttached(t, b, 0)
}
