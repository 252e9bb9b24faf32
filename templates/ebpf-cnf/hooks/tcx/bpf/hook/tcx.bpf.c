// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)

#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

#include "lib/packet.h"
#include "lib/parse.h"
#include "lib/process.h"
#include "function/cnf-function.h"

char __license[] SEC("license") = "Dual BSD/GPL";

static __always_inline long packet_load(void *ctx, __u32 offset, void *to, __u32 size)
{
	return bpf_skb_load_bytes(ctx, offset, to, size);
}

static __always_inline struct packet packet_from_skb(struct __sk_buff *skb,
						     enum direction direction)
{
	struct packet pkt = {
		.length = skb->len,
		.key.direction = direction,
	};

	/* The outer tag, once the device or the kernel has taken it out of the frame. */
	if (skb->vlan_present)
		packet_add_vlan_tag(&pkt, skb->vlan_tci);
	return pkt;
}

/* To go on with the next program: TCX_NEXT of Linux 6.6, and the same number for clsact. */
static __always_inline int tcx_action(enum verdict verdict)
{
	return verdict == VERDICT_DROP ? TC_ACT_SHOT : TC_ACT_UNSPEC;
}

SEC("tc")
int tcx_ingress(struct __sk_buff *skb)
{
	struct packet pkt = packet_from_skb(skb, DIRECTION_INGRESS);

	return tcx_action(process_packet(&pkt, parse_ethernet(skb, &pkt)));
}

SEC("tc")
int tcx_egress(struct __sk_buff *skb)
{
	struct packet pkt = packet_from_skb(skb, DIRECTION_EGRESS);

	return tcx_action(process_packet(&pkt, parse_ethernet(skb, &pkt)));
}

/* For devices without an Ethernet header (tun, WireGuard, IP tunnels, netkit in L3 mode). */
SEC("tc")
int tcx_ingress_l3(struct __sk_buff *skb)
{
	struct packet pkt = packet_from_skb(skb, DIRECTION_INGRESS);

	return tcx_action(process_packet(&pkt, parse_ip(skb, &pkt)));
}

SEC("tc")
int tcx_egress_l3(struct __sk_buff *skb)
{
	struct packet pkt = packet_from_skb(skb, DIRECTION_EGRESS);

	return tcx_action(process_packet(&pkt, parse_ip(skb, &pkt)));
}
