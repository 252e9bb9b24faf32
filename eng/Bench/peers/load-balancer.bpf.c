// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)

#include "peer.h"

#define RING_SIZE 65537
#define BACKENDS  10

struct connection {
	__u32 backend;
	__u32 pad;
	__u64 last_seen_ns;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 2 << 20);
	__type(key, struct five_tuple);
	__type(value, struct connection);
} connections SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, RING_SIZE);
	__type(key, __u32);
	__type(value, __u32);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, BACKENDS);
	__type(key, __u32);
	__type(value, __be32);
} backends SEC(".maps");

static __always_inline __u32 hash(const struct five_tuple *tuple)
{
	__u64 h = (__u64)tuple->saddr << 32 | tuple->sport << 16 | tuple->dport;

	h = (h ^ tuple->daddr) * 0x9e3779b97f4a7c15;
	return h >> 32;
}

static __always_inline __u16 checksum(const struct iphdr *ip)
{
	const __u16 *words = (const void *)ip;
	__u32 sum = 0;

#pragma unroll
	for (int i = 0; i < (int)sizeof(*ip) / 2; i++)
		sum += words[i];
	sum = (sum & 0xffff) + (sum >> 16);
	return ~((sum & 0xffff) + (sum >> 16));
}

static __always_inline int encapsulate(struct xdp_md *ctx, __be32 source, __be32 dest, __u16 length)
{
	struct ethhdr *eth;
	struct iphdr *ip;
	void *end;

	if (bpf_xdp_adjust_head(ctx, -(int)sizeof(*ip)))
		return XDP_DROP;
	eth = (void *)(long)ctx->data;
	ip = (void *)(eth + 1);
	end = (void *)(long)ctx->data_end;
	if ((void *)(ip + 1) > end)
		return XDP_DROP;
	*eth = (struct ethhdr){ { 2, 0, 0, 0, 0, 3 }, { 2, 0, 0, 0, 0, 1 }, bpf_htons(ETH_P_IP) };
	*ip = (struct iphdr){
		.version = 4,
		.ihl = 5,
		.ttl = 64,
		.protocol = IPPROTO_IPIP,
		.tot_len = bpf_htons(length + sizeof(*ip)),
		.saddr = source,
		.daddr = dest,
	};
	ip->check = checksum(ip);
	return XDP_TX;
}

/* Sticky connections in an LRU table before a consistent-hashing ring, IP in IP. */
SEC("xdp.frags")
int peer(struct xdp_md *ctx)
{
	struct five_tuple tuple;
	struct iphdr *ip = parse_udp(ctx, &tuple);
	__u64 now = bpf_ktime_get_ns();
	struct connection *connection;
	__u32 *place;
	__be32 *address;
	__u32 backend;

	if (!ip)
		return counted(ctx, XDP_PASS);
	connection = bpf_map_lookup_elem(&connections, &tuple);
	if (connection) {
		backend = connection->backend;
		connection->last_seen_ns = now;
	} else {
		__u32 index = hash(&tuple) % RING_SIZE;
		struct connection first = { .last_seen_ns = now };

		place = bpf_map_lookup_elem(&ring, &index);
		if (!place)
			return counted(ctx, XDP_DROP);
		backend = first.backend = *place;
		bpf_map_update_elem(&connections, &tuple, &first, BPF_ANY);
	}
	address = bpf_map_lookup_elem(&backends, &backend);
	if (!address)
		return counted(ctx, XDP_DROP);
	return counted(ctx, encapsulate(ctx, tuple.daddr, *address, bpf_ntohs(ip->tot_len)));
}
