// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

#include <stdbool.h>

#include <linux/types.h>
#include <bpf/bpf_helpers.h>

/* As much of the kernel's types as is used; the loader finds where the fields really are. */
struct ns_common {
	unsigned int inum;
} __attribute__((preserve_access_index));

struct net {
	struct ns_common ns;
} __attribute__((preserve_access_index));

typedef struct {
	struct net *net;
} __attribute__((preserve_access_index)) possible_net_t;

struct net_device {
	int ifindex;
	possible_net_t nd_net;
} __attribute__((preserve_access_index));

struct sk_buff {
	struct net_device *dev;
} __attribute__((preserve_access_index));

/* Inode number of the namespace to watch: the tracepoint fires for all of them. */
const volatile __u32 namespace;

static __always_inline bool is_watched(struct sk_buff *skb)
{
	return skb->dev && skb->dev->nd_net.net->ns.inum == namespace;
}
