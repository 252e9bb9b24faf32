// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <bpf/bpf_helpers.h>

#include "lib/direct.h"
#include "lib/packet.h"
#include "function/backend.h"
#include "function/encapsulate.h"

/*
 * A packet leaves by the interface that it came from (XDP_TX), or is redirected to
 * another one. VLAN tags in the frame stay as they are.
 */
static __always_inline struct view xdp_view(const struct xdp_md *ctx)
{
	return (struct view){ (const void *)(long)ctx->data, (const void *)(long)ctx->data_end };
}

static __always_inline enum reason forward_l2(struct xdp_md *ctx, const struct backend *backend)
{
	struct view view = xdp_view(ctx);

	if (view.data + sizeof(struct ethhdr) > view.end)
		return REASON_NO_ROOM;
	write_addresses((void *)view.data, backend);
	return REASON_NONE;
}

/* The tags that lie between the addresses and the type: two at most. */
static __always_inline void copy_tags(void *to, const void *from, __u32 offset)
{
	if (offset > sizeof(struct ethhdr))
		*(__be32 *)to = *(const __be32 *)from;
	if (offset > sizeof(struct ethhdr) + sizeof(struct vlan_header))
		*((__be32 *)to + 1) = *((const __be32 *)from + 1);
}

/* Offset of the IP header and size of the outer one are constants here. */
static __always_inline enum reason push(struct xdp_md *ctx, __u32 offset, __u32 size,
					const struct backend *backend, __u64 hash)
{
	struct view view = xdp_view(ctx);
	__be32 tags[2] = {};
	struct inner inner;

	if (!inner_read(&inner, &view, offset, hash))
		return REASON_NO_ROOM;
	copy_tags(tags, view.data + 2 * ETH_ALEN, offset);
	if (bpf_xdp_adjust_head(ctx, -(int)size))
		return REASON_NO_ROOM;
	view = xdp_view(ctx);
	if (!write_outer(&view, offset, size, &inner, backend))
		return REASON_NO_ROOM;
	copy_tags((void *)view.data + 2 * ETH_ALEN, tags, offset);
	return REASON_NONE;
}

static __always_inline enum reason encapsulate(struct xdp_md *ctx, __u32 offset,
					       const struct backend *backend, __u64 hash)
{
	if (backend->mode == FORWARD_IPV4)
		return push(ctx, offset, sizeof(struct iphdr), backend, hash);
	return push(ctx, offset, sizeof(struct ipv6hdr), backend, hash);
}

/* Tags are rare: verified on its own, not for all that may come before it. */
__noinline int encapsulate_tagged(struct xdp_md *ctx, struct packet *pkt, struct backend *backend,
				  __u64 hash)
{
	const __u32 once = sizeof(struct ethhdr) + sizeof(struct vlan_header);

	if (!pkt || !backend)
		return REASON_NO_ROOM;
	switch (pkt->network_offset) {
	case once:
		return encapsulate(ctx, once, backend, hash);
	case once + sizeof(struct vlan_header):
		return encapsulate(ctx, once + sizeof(struct vlan_header), backend, hash);
	default:
		return REASON_NO_ROOM;
	}
}

static __always_inline enum reason forward(struct xdp_md *ctx, struct packet *pkt,
					   const struct backend *backend, __u64 hash)
{
	if (backend->interface != ctx->ingress_ifindex)
		pkt->forward_to = backend->interface;
	if (backend->mode == FORWARD_L2)
		return forward_l2(ctx, backend);
	if (pkt->network_offset == sizeof(struct ethhdr))
		return encapsulate(ctx, sizeof(struct ethhdr), backend, hash);
	return encapsulate_tagged(ctx, pkt, (struct backend *)backend, hash);
}
