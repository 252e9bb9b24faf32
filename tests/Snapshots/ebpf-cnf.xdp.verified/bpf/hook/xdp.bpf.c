// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "lib/direct.h"
#include "lib/packet.h"
#include "lib/parse.h"
#include "lib/process.h"
#include "function/monitor.h"

char __license[] SEC("license") = "Dual BSD/GPL";

static __always_inline long packet_load(void *ctx, __u32 offset, void *to, __u32 size)
{
	return bpf_xdp_load_bytes(ctx, offset, to, size);
}

/* Verified once, on its own, and not for everything that may come after it. */
__noinline int parse_with_care(struct xdp_md *ctx, struct packet *pkt)
{
	return pkt ? parse_ethernet(ctx, pkt) : REASON_TRUNCATED;
}

/*
 * "frags" lets the program attach to devices with jumbo frames, whose packets
 * come in several buffers. A VLAN tag that the device has stripped is lost to
 * XDP: only tags within the packet are seen.
 */
SEC("xdp.frags")
int xdp_ingress(struct xdp_md *ctx)
{
	struct view view = { (const void *)(long)ctx->data, (const void *)(long)ctx->data_end };
	enum reason reason = REASON_NONE;
	struct packet pkt;

	packet_init(&pkt, DIRECTION_INGRESS, bpf_xdp_get_buff_len(ctx));
	if (!direct_ethernet(&view, &pkt))
		reason = parse_with_care(ctx, &pkt);
	return process_packet(ctx, &pkt, reason) == VERDICT_DROP ? XDP_DROP : XDP_PASS;
}
