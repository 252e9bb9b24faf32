// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

#include <stdbool.h>

#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "lib/kernel.h"
#include "lib/namespace.h"

/* False: count the packets of all interfaces in the network namespace. */
const volatile bool filter_interfaces = false;

/* Key: index of an interface that is watched. User space follows interfaces as they come and go. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, __u8);
} interfaces SEC(".maps");

static __always_inline bool interface_watched(const struct sk_buff *skb)
{
	const struct net_device *dev = BPF_CORE_READ(skb, dev);
	__u32 ifindex = BPF_CORE_READ(dev, ifindex);

	if (!netns_watched(&dev->nd_net))
		return false;
	return !filter_interfaces || bpf_map_lookup_elem(&interfaces, &ifindex);
}
