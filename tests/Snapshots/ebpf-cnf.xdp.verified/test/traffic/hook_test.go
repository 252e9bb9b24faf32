// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"

	"example.com/my-cnf/internal/testnet"
	"example.com/my-cnf/test/reference"
)

const hookName = "xdp"

var (
	capabilities = []uintptr{unix.CAP_BPF, unix.CAP_NET_ADMIN}
	directions   = []string{"ingress"}
)

func place(t *testing.T) *bench {
	b := vethBench(t)
	b.args, b.links = []string{"--interface", b.near.Name}, 1
	return b
}

func attached(t *testing.T, b *bench) int {
	t.Helper()
	if xdp := b.near.Link(t, b.near.Name).Attrs().Xdp; xdp != nil && xdp.Attached {
		return 1
	}
	return 0
}

// tap records at the sender: near's own tap comes after the kernel has taken VLAN tags out
// of frames, which XDP sees before.
func tap(t *testing.T, b *bench) *testnet.Tap { return b.far.Tap(t) }

// sees is what far sends. A tag beside the packet is invisible to XDP.
func sees(f testnet.Frame) (direction string, packet reference.Packet, bytes int, ok bool) {
	return "ingress", reference.Ethernet(f.Data), len(f.Data), f.Outgoing
}

func TestFramesThatNoSocketSends(t *testing.T) {
	for _, mode := range []string{"native", "generic"} {
		t.Run(mode, func(t *testing.T) {
			b := place(t)
			b.args = append(b.args, "--mode", mode)
			expectRaw(t, b, tap(t, b), sees, allRaw)
		})
	}
}

func TestModes(t *testing.T) {
	for _, mode := range []string{"native", "generic"} {
		t.Run(mode, func(t *testing.T) {
			b := place(t)
			p := b.start(t, "--mode", mode)
			expectLog(t, p, "msg=attached hook=xdp interface=left0 program=xdp_ingress mode="+mode)
			recorded := tap(t, b)
			testnet.UDP(t, b.near, b.far, 6, messages, size)
			expectCounted(t, p, recorded, sees)
			p.stop()
			expectAttached(t, b, 0)
		})
	}
}

func TestAutoTakesNativeWhereTheDriverHasIt(t *testing.T) {
	b := place(t)
	expectLog(t, b.start(t), "interface=left0 program=xdp_ingress mode=native")
}

// The loopback driver knows no native XDP: auto says that it fell back, native refuses.
func TestDriverWithoutNativeXDP(t *testing.T) {
	inside := testnet.New(t)
	p := launch(t, inside, identity{}, "run", "--interface", "lo")
	p.awaitReady()
	expectLog(t, p, "interface=lo program=xdp_ingress mode=generic")
	expectLog(t, p, "refuses native XDP")
	p.stop()
	refused := launch(t, inside, identity{}, "run", "--interface", "lo", "--mode", "native")
	expectRefusal(t, refused, "lo", "native", "--mode generic")
}

// Packets that do not fit into one buffer need a program that knows fragments.
func TestJumboFrames(t *testing.T) {
	const mtu, size = 9000, 8000
	b := place(t)
	b.near.SetMTU(t, b.near.Name, mtu)
	b.far.SetMTU(t, b.far.Name, mtu)
	p := b.start(t, "--mode", "native")
	recorded := tap(t, b)
	testnet.UDP(t, b.near, b.far, 4, messages, size)
	testnet.UDP(t, b.near, b.far, 6, messages, size)
	testnet.TCP(t, b.near, b.far, 4, messages, size)
	want := expectCounted(t, p, recorded, sees)
	if got := want.totals[totalKey{"ingress", reference.None}].bytes; got < 3*messages*size {
		t.Errorf("the tap saw %d bytes, want %d or more", got, 3*messages*size)
	}
	p.stop()
}

func TestSlotTakenIsRefused(t *testing.T) {
	b := place(t)
	program, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		Name: "somebody_elses", Type: ebpf.XDP,
		Instructions: asm.Instructions{asm.Mov.Imm(asm.R0, 2), asm.Return()},
		License:      "Dual BSD/GPL",
	})
	if err != nil {
		t.Fatal(err)
	}
	defer program.Close()
	err = b.inside().Do(func() error {
		other, err := link.AttachXDP(link.XDPOptions{Program: program, Interface: b.near.Link(t, b.near.Name).Attrs().Index})
		if err == nil {
			t.Cleanup(func() { other.Close() })
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	expectRefusal(t, b.launch(t, identity{}), "left0", "somebody_elses", "XDP slot", "xdp off")
	expectAttached(t, b, 1)
}
