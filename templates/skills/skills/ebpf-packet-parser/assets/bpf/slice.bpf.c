// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// from: 6.4
// otherwise: refused
// message: bpf_dynptr_from_skb

#include <stddef.h>

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

extern int bpf_dynptr_from_skb(struct __sk_buff *skb, __u64 flags, struct bpf_dynptr *ptr) __ksym;
extern void *bpf_dynptr_slice(const struct bpf_dynptr *ptr, __u32 offset, void *buffer,
			      __u32 size) __ksym;

__u32 ttl = 0;

/* snippet: slice */
/* Points into the packet where the header is linear, and copies only where it is not. */
SEC("tc")
int slice_ttl(struct __sk_buff *skb)
{
	struct bpf_dynptr packet;
	struct iphdr buffer, *ip;

	if (bpf_dynptr_from_skb(skb, 0, &packet))
		return TC_ACT_UNSPEC;
	ip = bpf_dynptr_slice(&packet, sizeof(struct ethhdr), &buffer, sizeof(buffer));
	if (ip)
		ttl = ip->ttl;
	return TC_ACT_UNSPEC;
}
/* end snippet */
