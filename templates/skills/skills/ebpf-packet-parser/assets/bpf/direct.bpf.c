// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)

#include <stddef.h>

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

__u32 matched = 0;

/* snippet: span */
/* The part of the packet that is still to be parsed. */
struct span {
	void *pos;
	void *end;
};

/*
 * The verifier knows the range of the pointer that was compared. barrier_var keeps
 * clang from computing the same address a second time, of whose range it knows nothing.
 */
static __always_inline void *span_take(struct span *rest, __u32 size)
{
	void *header = rest->pos;
	void *next = header + size;

	barrier_var(next);
	if (next > rest->end)
		return NULL;
	rest->pos = next;
	return header;
}
/* end snippet */

static __always_inline struct iphdr *take_ipv4(struct span *rest)
{
	struct iphdr *ip = rest->pos;

	if ((void *)(ip + 1) > rest->end || ip->version != 4 || ip->ihl < 5)
		return NULL;
	/* The whole header at once: a size that comes from a subtraction could be negative. */
	return span_take(rest, ip->ihl * 4);
}

SEC("xdp")
int direct_dns(struct xdp_md *ctx)
{
	struct span rest = {
		.pos = (void *)(long)ctx->data,
		.end = (void *)(long)ctx->data_end,
	};
	struct ethhdr *eth = span_take(&rest, sizeof(*eth));
	struct udphdr *udp;
	struct iphdr *ip;

	if (!eth || eth->h_proto != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	ip = take_ipv4(&rest);
	if (!ip || ip->protocol != IPPROTO_UDP || ip->frag_off & bpf_htons(0x3fff))
		return XDP_PASS;
	udp = span_take(&rest, sizeof(*udp));
	if (udp && udp->dest == bpf_htons(53))
		__sync_fetch_and_add(&matched, 1);
	return XDP_PASS;
}
