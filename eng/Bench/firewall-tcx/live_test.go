// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"testing"

	"github.com/cilium/ebpf"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

func TestBenchLive(t *testing.T) {
	b, pin := place(t), bpffs(t)
	tcx := firewallDenies(t, b, pin, intoStack(t, b, deniedFlows))
	// The same program, so it counts in the same place.
	clsact := path{intoStack(t, clsactBench(t, pinnedProgram(t, pin)), deniedFlows), tcx.dropped}
	costs := liveCosts(t, tcx, clsact, nftDenies(t))
	const what = "live on veth, 512 addresses denied, all dropped: tcx beside "
	recordLive(t, what+"a set of nftables at ingress", costs[0], costs[2], "1.35x")
	recordLive(t, what+"the same program by clsact", costs[0], costs[1], "1.15x")
}

// clsactBench has a program at near's ingress as a filter.
func clsactBench(t *testing.T, program *ebpf.Program) *bench {
	t.Helper()
	b := vethBench(t)
	device := b.near.Link(t, b.near.Name).Attrs().Index
	must(t, b.inside().Do(func() error {
		qdisc := &netlink.Clsact{QdiscAttrs: netlink.QdiscAttrs{LinkIndex: device, Handle: netlink.MakeHandle(0xffff, 0), Parent: netlink.HANDLE_CLSACT}}
		if err := netlink.QdiscAdd(qdisc); err != nil {
			return err
		}
		return netlink.FilterAdd(&netlink.BpfFilter{
			FilterAttrs:  netlink.FilterAttrs{LinkIndex: device, Parent: netlink.HANDLE_MIN_INGRESS, Priority: 1, Protocol: unix.ETH_P_ALL},
			Fd:           program.FD(),
			Name:         "bench",
			DirectAction: true,
		})
	}))
	return b
}
