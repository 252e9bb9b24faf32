// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

#include "lib/direct.h"
#include "lib/packet.h"
#include "lib/parse.h"
#include "lib/process.h"
#include "lib/verdict.h"

static __always_inline long packet_load(void *ctx, __u32 offset, void *to, __u32 size)
{
	return bpf_skb_load_bytes(ctx, offset, to, size);
}

static __always_inline struct view skb_view(const struct __sk_buff *skb)
{
	return (struct view){ (const void *)(long)skb->data, (const void *)(long)skb->data_end };
}

static __always_inline void packet_from_skb(struct packet *pkt, const struct __sk_buff *skb,
					    enum direction direction)
{
	packet_init(pkt, direction, skb->len);
	/* The outer tag, once the device or the kernel has taken it out of the frame. */
	if (skb->vlan_present)
		packet_add_vlan_tag(pkt, skb->vlan_tci);
}

/* Unspecified means "go on with the next program" to tcx, netkit and clsact alike. */
static __always_inline int skb_action(const struct packet *pkt, enum verdict verdict)
{
	if (verdict == VERDICT_FORWARD)
		return bpf_redirect(pkt->forward_to, 0);
	return verdict == VERDICT_DROP ? TC_ACT_SHOT : TC_ACT_UNSPEC;
}

/* Verified once, on its own, and not for everything that may come after it. */
__noinline int parse_frame_with_care(struct __sk_buff *skb, struct packet *pkt)
{
	return pkt ? parse_ethernet(skb, pkt) : REASON_TRUNCATED;
}

__noinline int parse_ip_with_care(struct __sk_buff *skb, struct packet *pkt)
{
	return pkt ? parse_ip(skb, pkt) : REASON_TRUNCATED;
}

static __always_inline int process_frame(struct __sk_buff *skb, enum direction direction)
{
	struct view view = skb_view(skb);
	enum reason reason = REASON_NONE;
	struct packet pkt;

	packet_from_skb(&pkt, skb, direction);
	if (!direct_ethernet(&view, &pkt))
		reason = parse_frame_with_care(skb, &pkt);
	return skb_action(&pkt, process_packet(skb, &pkt, reason));
}

/* On devices without an Ethernet header, such as tun, WireGuard and IP tunnels. */
static __always_inline int process_ip(struct __sk_buff *skb, enum direction direction)
{
	struct view view = skb_view(skb);
	enum reason reason = REASON_NONE;
	struct packet pkt;

	packet_from_skb(&pkt, skb, direction);
	if (!direct_ip(&view, &pkt))
		reason = parse_ip_with_care(skb, &pkt);
	return skb_action(&pkt, process_packet(skb, &pkt, reason));
}
