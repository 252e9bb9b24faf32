// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// proof: refused
// message: function calls are not allowed while holding a lock

#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

/* snippet: code */
struct bucket {
	struct bpf_spin_lock lock;
	__u32 tokens;
	__u64 refilled_ns;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, struct bucket);
} buckets SEC(".maps");

SEC("tc")
int call_under_lock(struct __sk_buff *skb)
{
	__u32 ifindex = skb->ifindex;
	struct bucket *bucket = bpf_map_lookup_elem(&buckets, &ifindex);

	if (!bucket)
		return TC_ACT_UNSPEC;
	bpf_spin_lock(&bucket->lock);
	bucket->refilled_ns = bpf_ktime_get_ns();
	bpf_spin_unlock(&bucket->lock);
	return TC_ACT_UNSPEC;
}
/* end snippet */
