// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// capabilities: bpf net_admin

#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

/* Where a frame goes on that came in from a device: into a namespace, or out. */
struct hop {
	__u32 ifindex;
	__u32 into_namespace;
	__u64 frames;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct hop);
} hops SEC(".maps");

/* snippet: steer */
/* On every device of the switch, to which a function is a wire with two ends. */
SEC("tc")
int steer(struct __sk_buff *skb)
{
	__u32 from = skb->ifindex;
	struct hop *hop = bpf_map_lookup_elem(&hops, &from);

	if (!hop)
		return TC_ACT_UNSPEC;
	__sync_fetch_and_add(&hop->frames, 1);
	if (hop->into_namespace)
		return bpf_redirect_peer(hop->ifindex, 0);
	return bpf_redirect(hop->ifindex, 0);
}
/* end snippet */
