// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

#include <stdbool.h>

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

/*
 * What the functions are compared with: the designs that textbooks and examples
 * show, with the least that they need. They read UDP over IPv4 only, without VLAN
 * tags, options and fragments, which makes them faster than they could be.
 */
struct five_tuple {
	__be32 saddr;
	__be32 daddr;
	__be16 sport;
	__be16 dport;
	__u32 protocol;
};

static __always_inline struct iphdr *parse_udp(struct xdp_md *ctx, struct five_tuple *tuple)
{
	void *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = (void *)(long)ctx->data;
	struct iphdr *ip = (void *)(eth + 1);
	struct udphdr *udp = (void *)(ip + 1);

	if ((void *)(udp + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP) ||
	    ip->protocol != IPPROTO_UDP)
		return NULL;
	*tuple = (struct five_tuple){ ip->saddr, ip->daddr, udp->source, udp->dest, IPPROTO_UDP };
	return ip;
}

struct counts {
	__u64 packets;
	__u64 bytes;
};

/* By XDP action, as xdp-filter does, and under the same name. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, XDP_REDIRECT + 1);
	__type(key, __u32);
	__type(value, struct counts);
} xdp_stats_map SEC(".maps");

static __always_inline int counted(struct xdp_md *ctx, __u32 action)
{
	struct counts *counts = bpf_map_lookup_elem(&xdp_stats_map, &action);

	if (counts) {
		counts->packets++;
		counts->bytes += ctx->data_end - ctx->data;
	}
	return action;
}

char __license[] SEC("license") = "Dual BSD/GPL";
