// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"errors"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"example.com/my-cnf/internal/testnet"
	"example.com/my-cnf/test/reference"
)

const hookName = "netkit"

var (
	capabilities = []uintptr{unix.CAP_BPF, unix.CAP_NET_ADMIN}
	directions   = []string{"ingress", "egress"}
)

// place makes a netkit pair, or on a kernel without netkit the veth pair that stands in for it.
func place(t *testing.T) *bench {
	inside, outside := testnet.New(t), testnet.New(t)
	near, far, err := testnet.Netkit(t, inside, outside, netlink.NETKIT_MODE_L2)
	if err != nil {
		near, far = testnet.Veth(t, inside, outside)
	}
	return &bench{near: near, far: far, args: []string{"--interface", near.Name}, links: 2}
}

func isNetkit(t *testing.T, b *bench) bool {
	return b.near.Link(t, b.near.Name).Type() == "netkit"
}

func attached(t *testing.T, b *bench) int {
	t.Helper()
	if isNetkit(t, b) {
		return queryPrograms(t, b, ebpf.AttachNetkitPrimary, ebpf.AttachNetkitPeer)
	}
	return trafficControlPrograms(t, b)
}

func tap(t *testing.T, b *bench) *testnet.Tap { return b.near.Tap(t) }

func sees(f testnet.Frame) (direction string, packet reference.Packet, bytes int, ok bool) {
	return seesFrame(f)
}

// mode is what the CNF should use on a device.
func mode(t *testing.T, b *bench) string {
	switch {
	case isNetkit(t, b):
		return "netkit"
	case before(6, 6):
		return "clsact"
	default:
		return "tcx"
	}
}

// The mode is netkit where the kernel has it, and nowhere else.
func TestModeIsWhatTheKernelHas(t *testing.T) {
	b := place(t)
	if !isNetkit(t, b) && !before(6, 7) && !builtWithout(t, "CONFIG_NETKIT") {
		t.Fatal("this kernel should have netkit")
	}
	p := b.start(t)
	expectLog(t, p, "msg=attached hook=netkit interface=left0 program=netkit_peer mode="+mode(t, b))
	expectLog(t, p, "msg=attached hook=netkit interface=left0 program=netkit_primary mode="+mode(t, b))
	p.stop()
}

// Frames are seen as far sends them, before the kernel takes tags out of them; on the veth
// pair that stands in, after that.
func TestFramesThatNoSocketSends(t *testing.T) {
	b := place(t)
	if !isNetkit(t, b) {
		expectRaw(t, b, tap(t, b), sees, allRaw)
		return
	}
	expectRaw(t, b, b.far.Tap(t), func(f testnet.Frame) (string, reference.Packet, int, bool) {
		return "ingress", reference.Ethernet(f.Data), len(f.Data), f.Outgoing
	}, allRaw)
}

func TestVLANDevices(t *testing.T) {
	b := place(t)
	near, far, err := testnet.VLAN(t, b.near, b.far, 100)
	if err != nil {
		skipUnlessOlder(t, 0, 0, "CONFIG_VLAN_8021Q", err)
	}
	testVLAN(t, b, near, far, 100)
}

func TestSides(t *testing.T) {
	for side, direction := range map[string]string{"primary": "egress", "peer": "ingress"} {
		t.Run(side, func(t *testing.T) {
			b := place(t)
			p := b.start(t, "--side", side)
			expectAttached(t, b, 1)
			testnet.UDP(t, b.near, b.far, 4, 5, 100)
			eventually(t, func() error { return expectTotals(p, direction, 5) })
			p.stop()
			expectAttached(t, b, 0)
		})
	}
}

// With --create the CNF makes the pair itself, and takes it away again.
func TestCreate(t *testing.T) {
	for _, mode := range []string{"l2", "l3"} {
		t.Run(mode, func(t *testing.T) {
			inside, outside := testnet.New(t), testnet.New(t)
			b := &bench{near: testnet.End{Namespace: inside, Name: testnet.LeftName}, links: 2}
			b.args = []string{
				"--create", "--interface", testnet.LeftName, "--mode", mode,
				"--peer", testnet.RightName, "--peer-netns", outside.Path(),
			}
			p := b.start(t)
			b.near, b.far = testnet.Adopt(t, inside, outside)
			testCreated(t, b, p)
			p.stop()
			if inside.Has(t, testnet.LeftName) || outside.Has(t, testnet.RightName) {
				t.Error("the pair is still there")
			}
		})
	}
}

func testCreated(t *testing.T, b *bench, p *process) {
	t.Helper()
	expectAttached(t, b, 2)
	if !isNetkit(t, b) {
		expectLog(t, p, "kernel has no netkit")
		testEveryPacket(t, b, p, sees)
		return
	}
	device := b.near.Link(t, b.near.Name).(*netlink.Netkit)
	if device.PeerPolicy != netlink.NETKIT_POLICY_BLACKHOLE {
		t.Error("without a program the pod's packets would pass")
	}
	// An L3 device has no MAC, but Ethernet headers of zeros.
	expectLog(t, p, "program=netkit_peer mode=netkit")
	testEveryPacket(t, b, p, sees)
}

func TestCreateRefusesADeviceThatExists(t *testing.T) {
	b := place(t)
	p := b.launch(t, identity{}, "--create", "--peer", "other0")
	expectRefusal(t, p, "left0", "exists", "--create")
	if !b.near.Has(t, b.near.Name) {
		t.Error("the device of somebody else is gone")
	}
}

func TestPeerIsRefused(t *testing.T) {
	b := place(t)
	if !isNetkit(t, b) {
		skipUnlessOlder(t, 6, 7, "CONFIG_NETKIT", errors.New("a veth pair stands in"))
	}
	expectRefusal(t, launch(t, b.far.Outside(), identity{}, "run", "--interface", b.far.Name), b.far.Name, "primary")
}
