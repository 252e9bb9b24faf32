// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"fmt"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
)

// A path is a way that packets take through the kernel, to a place where all of them are dropped.
type path struct {
	*generator
	dropped func() float64
}

const (
	liveFrames = 1 << 1 // BPF_F_TEST_XDP_LIVE_FRAMES of linux/bpf.h
	// livePackets are in each round.
	livePackets = 1 << 18
)

// intoStack hands packets to the kernel as a driver without native XDP does: generic XDP, tcx, clsact and
// nftables see them.
func intoStack(t *testing.T, b *bench, flows uint32) *generator {
	t.Helper()
	const pass = 2 // XDP_PASS
	g := loadGenerator(t, b.near, ebpf.XDP, costFrame(), flows, asm.Instructions{asm.Mov.Imm(asm.R0, pass), asm.Return()})
	g.flags = liveFrames
	return g
}

// intoDevice sends packets by far's device, so that they come to native XDP at near's.
func intoDevice(t *testing.T, b *bench, flows uint32) *generator {
	t.Helper()
	devices, err := ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.DevMap, KeySize: 4, ValueSize: 4, MaxEntries: 1})
	must(t, err)
	t.Cleanup(func() { devices.Close() })
	index := uint32(b.far.Link(t, b.far.Name).Attrs().Index)
	must(t, b.far.Outside().Do(func() error { return devices.Put(uint32(0), index) }))
	g := loadGenerator(t, b.far, ebpf.XDP, costFrame(), flows, asm.Instructions{
		asm.LoadMapPtr(asm.R1, devices.FD()),
		asm.Mov.Imm(asm.R2, 0),
		asm.Mov.Imm(asm.R3, 0),
		asm.FnRedirectMap.Call(),
		asm.Return(),
	})
	g.flags = liveFrames
	return g
}

// liveCosts are medians of rounds, in ns per packet, injection included. The paths take turns.
func liveCosts(t *testing.T, paths ...path) []float64 {
	t.Helper()
	rounds := make([][]float64, len(paths))
	for _, p := range paths {
		p.cost(t)
	}
	for range *costRounds {
		for i, p := range paths {
			rounds[i] = append(rounds[i], p.cost(t))
		}
	}
	medians := make([]float64, len(paths))
	for i := range paths {
		medians[i] = median(rounds[i])
	}
	return medians
}

// cost is that of a round, after which nearly all packets must have been dropped: a rate limit lets some pass.
func (p path) cost(t *testing.T) float64 {
	t.Helper()
	before := p.dropped()
	perPacket, _ := p.run(t, livePackets)
	if dropped := p.dropped() - before; dropped < 0.99*livePackets || dropped > livePackets {
		t.Errorf("%v packets were dropped, want %d", dropped, livePackets)
	}
	return perPacket
}

func recordLive(t *testing.T, what string, ours, theirs float64, target string) {
	t.Helper()
	recordFigure(t, figure{what, fmt.Sprintf("%.0f ns beside %.0f ns: %.2fx", ours, theirs, theirs/ours), target})
}
