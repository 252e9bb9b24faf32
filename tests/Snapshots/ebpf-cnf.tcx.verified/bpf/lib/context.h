// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

#include <linux/bpf.h>

typedef struct __sk_buff packet_context;

/* What a function may want to know of a packet that is not in it. */

static __always_inline __u32 packet_ifindex(const struct __sk_buff *skb)
{
	return skb->ifindex;
}

/* More than one for TCP that the kernel has merged (GRO) or will cut (GSO). */
static __always_inline __u32 packet_segments(const struct __sk_buff *skb)
{
	__u32 segments = skb->gso_segs;

	return segments ? segments : 1;
}
