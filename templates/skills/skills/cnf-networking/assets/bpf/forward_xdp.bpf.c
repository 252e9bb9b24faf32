// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// capabilities: bpf net_admin

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define AF_INET 2

char __license[] SEC("license") = "Dual BSD/GPL";

__u64 forwarded;

/* One less in the high byte of a word is one more in the sum of its complements. */
static __always_inline void age(struct iphdr *ip)
{
	__u32 sum = ip->check + bpf_htons(0x0100);

	ip->check = sum + (sum >= 0xffff);
	ip->ttl--;
}

/* The same for XDP and IPv4, which knows no neighbours: the program writes the MAC addresses. */
SEC("xdp")
int forward_xdp(struct xdp_md *ctx)
{
	struct bpf_fib_lookup route __attribute__((aligned(8))) = {};
	struct ethhdr eth;
	struct iphdr ip;

	if (bpf_xdp_load_bytes(ctx, 0, &eth, sizeof(eth)) || eth.h_proto != bpf_htons(ETH_P_IP) ||
	    bpf_xdp_load_bytes(ctx, ETH_HLEN, &ip, sizeof(ip)) || ip.ihl != 5 || ip.ttl <= 1)
		return XDP_PASS;
	route.tos = ip.tos;
	route.ipv4_src = ip.saddr;
	route.ipv4_dst = ip.daddr;
	route.l4_protocol = ip.protocol;
	route.tot_len = bpf_ntohs(ip.tot_len);
	/* The first field of a word of the stack last: Linux 6.1 without CAP_PERFMON wants it so.
	 */
	asm volatile("" : : "r"(&route) : "memory");
	route.family = AF_INET;
	route.ifindex = ctx->ingress_ifindex;
	/* The stack also asks for unknown neighbours. */
	if (bpf_fib_lookup(ctx, &route, sizeof(route), 0) != BPF_FIB_LKUP_RET_SUCCESS)
		return XDP_PASS;

	__builtin_memcpy(eth.h_dest, route.dmac, ETH_ALEN);
	__builtin_memcpy(eth.h_source, route.smac, ETH_ALEN);
	age(&ip);
	if (bpf_xdp_store_bytes(ctx, 0, &eth, sizeof(eth)) ||
	    bpf_xdp_store_bytes(ctx, ETH_HLEN, &ip, sizeof(ip)))
		return XDP_ABORTED;
	__sync_fetch_and_add(&forwarded, 1);
	return bpf_redirect(route.ifindex, 0);
}
