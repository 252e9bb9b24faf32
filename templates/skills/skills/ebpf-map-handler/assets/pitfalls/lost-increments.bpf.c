// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// proof: misbehaves
// shown-by: TestLostIncrements
// message: two CPUs counted less than they saw

#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

/* snippet: code */
struct traffic {
	__u64 packets;
	__u64 bytes;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, struct traffic);
} interfaces SEC(".maps");

SEC("tc")
int lost_increments(struct __sk_buff *skb)
{
	struct traffic sum = { .packets = 1, .bytes = skb->len };
	__u32 ifindex = skb->ifindex;
	struct traffic *traffic = bpf_map_lookup_elem(&interfaces, &ifindex);

	if (traffic) {
		sum.packets += traffic->packets;
		sum.bytes += traffic->bytes;
	}
	bpf_map_update_elem(&interfaces, &ifindex, &sum, BPF_ANY);
	return TC_ACT_UNSPEC;
}
/* end snippet */
