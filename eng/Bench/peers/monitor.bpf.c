// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)

#include "peer.h"

struct flow {
	__u64 packets;
	__u64 bytes;
	__u64 last_seen_ns;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_PERCPU_HASH);
	__uint(max_entries, 2 << 20);
	__type(key, struct five_tuple);
	__type(value, struct flow);
} flows SEC(".maps");

/* A flow table as most have it. */
SEC("xdp.frags")
int peer(struct xdp_md *ctx)
{
	struct five_tuple tuple;
	struct iphdr *ip = parse_udp(ctx, &tuple);
	struct flow *flow;

	if (!ip)
		return counted(ctx, XDP_PASS);
	flow = bpf_map_lookup_elem(&flows, &tuple);
	if (!flow) {
		struct flow first = { 1, bpf_ntohs(ip->tot_len), bpf_ktime_get_ns() };

		bpf_map_update_elem(&flows, &tuple, &first, BPF_ANY);
		return counted(ctx, XDP_PASS);
	}
	flow->packets++;
	flow->bytes += bpf_ntohs(ip->tot_len);
	flow->last_seen_ns = bpf_ktime_get_ns();
	return counted(ctx, XDP_PASS);
}
