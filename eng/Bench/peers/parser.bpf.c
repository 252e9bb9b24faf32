// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)

#include "peer.h"

/* A parser as examples have it, and nothing behind it. */
SEC("xdp.frags")
int peer(struct xdp_md *ctx)
{
	struct five_tuple tuple;

	if (!parse_udp(ctx, &tuple))
		return counted(ctx, XDP_DROP);
	/* Keeps the compiler from leaving out what nobody reads. */
	asm volatile("" : : "r"(&tuple) : "memory");
	return counted(ctx, XDP_PASS);
}
