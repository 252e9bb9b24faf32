// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// capabilities: bpf net_admin

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

/* What a program finds at its hook, of IPv4. */
struct seen {
	__u64 packets;
	__u32 ifindex;
	__u32 length;
	__u32 pkt_type;
	__u8 ethernet[ETH_HLEN];
	__u8 pad[2];
};

struct seen seen;

SEC("tc")
int see(struct __sk_buff *skb)
{
	if (skb->protocol != bpf_htons(ETH_P_IP))
		return TC_ACT_UNSPEC;
	__sync_fetch_and_add(&seen.packets, 1);
	seen.ifindex = skb->ifindex;
	seen.length = skb->len;
	seen.pkt_type = skb->pkt_type;
	bpf_skb_load_bytes(skb, 0, seen.ethernet, sizeof(seen.ethernet));
	return TC_ACT_UNSPEC;
}

SEC("xdp")
int see_xdp(struct xdp_md *ctx)
{
	__sync_fetch_and_add(&seen.packets, 1);
	return XDP_PASS;
}
