// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)

#include "peer.h"

/* More packets per second than there are, so that all pass; set at load, as settings are. */
const volatile __u64 rate = 1000000000;
const volatile __u64 burst = 1000000000;

struct bucket {
	struct bpf_spin_lock lock;
	__u64 tokens;
	__u64 filled_ns;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2 << 20);
	__type(key, __be32);
	__type(value, struct bucket);
} buckets SEC(".maps");

/* A token bucket for each source address, under a lock. */
SEC("xdp.frags")
int peer(struct xdp_md *ctx)
{
	struct five_tuple tuple;
	struct bucket *bucket;
	__u64 now, tokens;
	bool pass;

	if (!parse_udp(ctx, &tuple))
		return counted(ctx, XDP_PASS);
	now = bpf_ktime_get_ns();
	bucket = bpf_map_lookup_elem(&buckets, &tuple.saddr);
	if (!bucket) {
		struct bucket full = { .tokens = burst, .filled_ns = now };

		bpf_map_update_elem(&buckets, &tuple.saddr, &full, BPF_ANY);
		return counted(ctx, XDP_PASS);
	}
	bpf_spin_lock(&bucket->lock);
	tokens = bucket->tokens + (now - bucket->filled_ns) * rate / 1000000000;
	bucket->filled_ns = now;
	if (tokens > burst)
		tokens = burst;
	pass = tokens > 0;
	bucket->tokens = pass ? tokens - 1 : 0;
	bpf_spin_unlock(&bucket->lock);
	return counted(ctx, pass ? XDP_PASS : XDP_DROP);
}
