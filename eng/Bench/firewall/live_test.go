// SPDX-License-Identifier: Apache-2.0

package traffic

import "testing"

func TestBenchLive(t *testing.T) {
	b := place(t)
	costs := liveCosts(t, firewallDenies(t, b, bpffs(t), intoDevice(t, b, deniedFlows)), nftDenies(t))
	recordLive(t, "live on veth, 512 addresses denied, all dropped: native XDP beside a set of nftables at ingress", costs[0], costs[1], "2.3x")
}
