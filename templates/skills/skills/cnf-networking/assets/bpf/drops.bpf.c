// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// capabilities: bpf perfmon

#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "drop.h"

char __license[] SEC("license") = "Dual BSD/GPL";

struct drop {
	__u32 ifindex;
	__u32 reason;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct drop);
	__type(value, __u64);
} drops SEC(".maps");

/* snippet: dropped */
SEC("tp_btf/kfree_skb")
int BPF_PROG(dropped, struct sk_buff *skb, void *location, unsigned int reason)
{
	struct drop drop = {};
	__u64 zero = 0, *count;

	if (!is_watched(skb))
		return 0;
	drop.ifindex = skb->dev->ifindex;
	drop.reason = reason;
	bpf_map_update_elem(&drops, &drop, &zero, BPF_NOEXIST);
	count = bpf_map_lookup_elem(&drops, &drop);
	if (count)
		__sync_fetch_and_add(count, 1);
	return 0;
}
/* end snippet */

/* snippet: no_socket */
enum skb_drop_reason {
	SKB_DROP_REASON_NO_SOCKET = 1, /* the loader puts in the kernel's number */
};

__u64 no_socket;

SEC("tp_btf/kfree_skb")
int BPF_PROG(count_no_socket, struct sk_buff *skb, void *location, unsigned int reason)
{
	if (is_watched(skb) &&
	    reason == bpf_core_enum_value(enum skb_drop_reason, SKB_DROP_REASON_NO_SOCKET))
		__sync_fetch_and_add(&no_socket, 1);
	return 0;
}
/* end snippet */
