// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

#define FIRST_SOURCE 0x0a000000 /* 10.0.0.0 */
#define FULL_TTL     64

/* What is measured is in slot 0. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} measured SEC(".maps");

/* A power of two. */
__u32 flows = 1;
__u64 generated = 0;

static __always_inline struct iphdr *ipv4_header(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct iphdr *ip = data + sizeof(struct ethhdr);

	return (void *)(ip + 1) > end ? NULL : ip;
}

/*
 * Every repetition of BPF_PROG_RUN gets the packet as the one before has left it. This
 * repairs what was changed and takes the source address of the next flow. Its own cost
 * is subtracted with that of nothing().
 */
SEC("xdp")
int generate(struct xdp_md *ctx)
{
	struct iphdr *ip = ipv4_header(ctx);

	if (!ip)
		return XDP_ABORTED;
	ip->saddr = bpf_htonl(FIRST_SOURCE + (generated & (flows - 1)));
	ip->ttl = FULL_TTL;
	generated++;
	bpf_tail_call_static(ctx, &measured, 0);
	return XDP_ABORTED;
}

SEC("xdp")
int nothing(struct xdp_md *ctx)
{
	return XDP_DROP;
}

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1 << 16);
	__type(key, __be32);
	__type(value, __u64);
} sources SEC(".maps");

SEC("xdp")
int count_source(struct xdp_md *ctx)
{
	struct iphdr *ip = ipv4_header(ctx);
	__u64 *packets, first = 1;
	__be32 source;

	if (!ip)
		return XDP_ABORTED;
	source = ip->saddr;
	packets = bpf_map_lookup_elem(&sources, &source);
	if (packets)
		__sync_fetch_and_add(packets, 1);
	else
		bpf_map_update_elem(&sources, &source, &first, BPF_NOEXIST);
	return XDP_DROP;
}

__u64 forwarded = 0;
__u64 expired = 0;

/* Changes its packet, as a router does. */
SEC("xdp")
int forward(struct xdp_md *ctx)
{
	struct iphdr *ip = ipv4_header(ctx);

	if (!ip)
		return XDP_ABORTED;
	if (ip->ttl <= 1) {
		expired++;
		return XDP_DROP;
	}
	ip->ttl--;
	forwarded++;
	return XDP_PASS;
}
