// SPDX-License-Identifier: Apache-2.0

package network

import (
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"

	"example.com/my-cnf/internal/testnet"
)

func TestDropReasons(t *testing.T) {
	left, right := testnet.Veth(t, testnet.New(t), testnet.New(t))
	drops := watchDrops(t, right.Namespace)
	testnet.SendUDP(t, left, right.IPv4, datagrams, 100)
	eventually(t, "the drops", func() bool { return dropsOf(t, drops, right)["NO_SOCKET"] == datagrams })
	if count := value[uint64](t, drops.NoSocket); count != datagrams {
		t.Errorf("the program counted %d", count)
	}

	shot := newShot(t)
	attach(t, right, ingress, shot)
	testnet.SendUDP(t, left, right.IPv4, datagrams, 100)
	eventually(t, "the program's drops", func() bool { return dropsOf(t, drops, right)["TC_INGRESS"] == datagrams })
}

// Whether tcpdump, which is a tap, shows what a program at each hook drops.
func TestWhatTapsSee(t *testing.T) {
	for _, test := range []struct {
		name   string
		drop   func(*testing.T, testnet.End, testnet.End)
		at     string
		frames int
	}{
		{"tc ingress", func(t *testing.T, _, right testnet.End) { attach(t, right, ingress, newShot(t)) }, "receiver", datagrams},
		{"tc egress", func(t *testing.T, left, _ testnet.End) { attach(t, left, egress, newShot(t)) }, "sender", 0},
		{"XDP", func(t *testing.T, _, right testnet.End) { attachXDP(t, right, link.XDPGenericMode, newXDPDrop(t)) }, "receiver", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			left, right := testnet.Veth(t, testnet.New(t), testnet.New(t))
			test.drop(t, left, right)
			end := right
			if test.at == "sender" {
				end = left
			}
			tap := end.Tap(t)
			if arrived := arrivals(t, left, right, datagrams, 100, 0); arrived != 0 {
				t.Errorf("%d datagrams arrived", arrived)
			}
			if frames := len(tap.Frames()); frames != test.frames {
				t.Errorf("a tap at the %s saw %d frames, want %d", test.at, frames, test.frames)
			}
		})
	}
}

func newXDPDrop(t *testing.T) *ebpf.Program {
	t.Helper()
	const drop = 1
	return newConstant(t, ebpf.XDP, drop)
}

// newShot drops everything.
func newShot(t *testing.T) *ebpf.Program {
	t.Helper()
	const shot = 2
	return newConstant(t, ebpf.SchedCLS, shot)
}

func newConstant(t *testing.T, kind ebpf.ProgramType, result int32) *ebpf.Program {
	t.Helper()
	program, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		Type:         kind,
		Instructions: asm.Instructions{asm.Mov.Imm(asm.R0, result), asm.Return()},
		License:      "Dual BSD/GPL",
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { program.Close() })
	return program
}

func TestReasonNumber(t *testing.T) {
	names, err := dropReasons()
	if err != nil {
		t.Fatal(err)
	}
	if names[2] == "NO_SOCKET" {
		t.Skip("needs Linux 6.3: the numbers are those of the wrong program")
	}
	left, right := testnet.Veth(t, testnet.New(t), testnet.New(t))
	var wrong reasonNumberObjects
	load(t, loadReasonNumber, &wrong, map[string]any{"namespace": inode(t, right.Namespace)})
	defer wrong.Close()
	trace(t, wrong.ReasonNumber)
	drops := watchDrops(t, right.Namespace)
	testnet.SendUDP(t, left, right.IPv4, datagrams, 100)
	eventually(t, "the drops", func() bool { return value[uint64](t, drops.NoSocket) == datagrams })
	if count := value[uint64](t, wrong.NoSocket); count != 0 {
		t.Errorf("counted %d", count)
	} else {
		t.Logf("counted %d of %d datagrams without a socket", count, datagrams)
	}
}
