// SPDX-License-Identifier: Apache-2.0

package traffic

import "testing"

func TestBenchLive(t *testing.T) {
	const sources = 1 << 10
	b := place(t)
	p := b.start(t, limited("--rate", "1pps")(t)...)
	ours := path{intoDevice(t, b, sources), func() float64 { return packetCounts(p).dropped }}
	nft := nftPath(t, sources,
		"set sources {\ntype ipv4_addr\nsize 65536\nflags dynamic,timeout\ntimeout 1m\n}",
		"update @sources { ip saddr limit rate over 1/second burst 1 packets } counter drop")
	costs := liveCosts(t, ours, nft)
	recordLive(t, "live on veth, 1,024 sources beyond their rate: native XDP beside a set of limits of nftables at ingress", costs[0], costs[1], "3x")
}
