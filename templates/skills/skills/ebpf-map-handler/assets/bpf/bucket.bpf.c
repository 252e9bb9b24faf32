// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// capabilities: bpf net_admin

#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

/* snippet: bucket */
struct bucket {
	struct bpf_spin_lock lock;
	__u32 tokens;
	__u64 refilled_ns;
};

/* Not LRU: the kernel refuses locks there, and what it evicts would start with a full bucket. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, struct bucket);
} buckets SEC(".maps");

static __always_inline int bucket_take(struct bucket *bucket)
{
	int verdict = TC_ACT_SHOT;

	/* Nothing but plain memory access between lock and unlock: no helper, no return. */
	bpf_spin_lock(&bucket->lock);
	if (bucket->tokens) {
		bucket->tokens--;
		verdict = TC_ACT_UNSPEC;
	}
	bpf_spin_unlock(&bucket->lock);
	return verdict;
}
/* end snippet */

SEC("tc")
int take_token(struct __sk_buff *skb)
{
	__u32 ifindex = skb->ifindex;
	struct bucket *bucket = bpf_map_lookup_elem(&buckets, &ifindex);

	return bucket ? bucket_take(bucket) : TC_ACT_UNSPEC;
}
