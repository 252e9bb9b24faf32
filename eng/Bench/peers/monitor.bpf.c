// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)

#include "peer.h"

struct counts {
	__u64 packets;
	__u64 bytes;
	__u64 last_seen_ns;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_PERCPU_HASH);
	__uint(max_entries, 2 << 20);
	__type(key, struct five_tuple);
	__type(value, struct counts);
} flows SEC(".maps");

/* A flow table as most have it. */
SEC("xdp.frags")
int peer(struct xdp_md *ctx)
{
	struct five_tuple tuple;
	struct iphdr *ip = parse_udp(ctx, &tuple);
	struct counts *counts;

	if (!ip)
		return XDP_PASS;
	counts = bpf_map_lookup_elem(&flows, &tuple);
	if (!counts) {
		struct counts first = { 1, bpf_ntohs(ip->tot_len), bpf_ktime_get_ns() };

		bpf_map_update_elem(&flows, &tuple, &first, BPF_ANY);
		return XDP_PASS;
	}
	counts->packets++;
	counts->bytes += bpf_ntohs(ip->tot_len);
	counts->last_seen_ns = bpf_ktime_get_ns();
	return XDP_PASS;
}
