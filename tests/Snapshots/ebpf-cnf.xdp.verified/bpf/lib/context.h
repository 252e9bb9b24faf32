// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

#include <linux/bpf.h>

typedef struct xdp_md packet_context;

/* What a function may want to know of a packet that is not in it. */

static __always_inline __u32 packet_ifindex(const struct xdp_md *ctx)
{
	return ctx->ingress_ifindex;
}

/* XDP comes before the kernel merges packets. */
static __always_inline __u32 packet_segments(const struct xdp_md *ctx)
{
	return 1;
}
