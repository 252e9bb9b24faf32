// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <bpf/bpf_helpers.h>

#include "lib/direct.h"
#include "lib/packet.h"
#include "lib/skb.h"
#include "function/backend.h"
#include "function/encapsulate.h"

/*
 * A packet is redirected to the interface of its backend, even if it came from there.
 * One from a device without Ethernet header gets such a header. The outer VLAN tag
 * travels beside the packet and stays; the kernel refuses to encapsulate a packet
 * that has a second tag, and so do we.
 */
static __always_inline enum reason ensure_ethernet(struct __sk_buff *skb, const struct packet *pkt)
{
	if (pkt->network_offset)
		return REASON_NONE;
	return bpf_skb_change_head(skb, sizeof(struct ethhdr), 0) ? REASON_NO_ROOM : REASON_NONE;
}

static __always_inline __be16 ethernet_type(const struct __sk_buff *skb)
{
	return skb->protocol;
}

static __always_inline enum reason forward_l2(struct __sk_buff *skb, const struct packet *pkt,
					      const struct backend *backend)
{
	struct ethhdr *eth;
	struct view view;

	if (ensure_ethernet(skb, pkt) != REASON_NONE)
		return REASON_NO_ROOM;
	view = skb_view(skb);
	eth = (void *)view.data;
	if ((const void *)(eth + 1) > view.end)
		return REASON_NO_ROOM;
	write_addresses(eth, backend);
	if (!pkt->network_offset)
		eth->h_proto = ethernet_type(skb);
	return REASON_NONE;
}

static __always_inline bool inner_load(struct inner *inner, struct __sk_buff *skb,
				       const struct packet *pkt, __u64 hash)
{
	struct view view = skb_view(skb);

	if (pkt->network_offset == sizeof(struct ethhdr))
		return inner_read(inner, &view, sizeof(struct ethhdr), hash);
	return !pkt->network_offset && inner_read(inner, &view, 0, hash);
}

/* The size of the outer header is a constant here. */
static __always_inline enum reason push(struct __sk_buff *skb, const struct packet *pkt, __u32 size,
					__u64 flags, const struct backend *backend, __u64 hash)
{
	struct inner inner;
	struct view view;

	if (!inner_load(&inner, skb, pkt, hash))
		return REASON_NO_ROOM;
	if (bpf_skb_adjust_room(skb, size, BPF_ADJ_ROOM_MAC, flags))
		return REASON_NO_ROOM;
	if (ensure_ethernet(skb, pkt) != REASON_NONE)
		return REASON_NO_ROOM;
	view = skb_view(skb);
	if (!write_outer(&view, sizeof(struct ethhdr), size, &inner, backend))
		return REASON_NO_ROOM;
	return REASON_NONE;
}

static __always_inline enum reason forward(struct __sk_buff *skb, struct packet *pkt,
					   const struct backend *backend, __u64 hash)
{
	pkt->forward_to = backend->interface;
	switch (backend->mode) {
	case FORWARD_L2:
		return forward_l2(skb, pkt, backend);
	case FORWARD_IPV4:
		return push(skb, pkt, sizeof(struct iphdr), BPF_F_ADJ_ROOM_ENCAP_L3_IPV4, backend,
			    hash);
	default:
		return push(skb, pkt, sizeof(struct ipv6hdr), BPF_F_ADJ_ROOM_ENCAP_L3_IPV6, backend,
			    hash);
	}
}
