// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// proof: misbehaves
// shown-by: TestInnerSize
// message: invalid argument

#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

/* snippet: code */
struct backends {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __be32);
};

/* Each service has as many backends as its inner map has entries. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 64);
	__type(key, __u32);
	__array(values, struct backends);
} services SEC(".maps");
/* end snippet */

SEC("tc")
int inner_size(struct __sk_buff *skb)
{
	__u32 service = skb->mark, first = 0;
	void *backends = bpf_map_lookup_elem(&services, &service);

	if (!backends)
		return TC_ACT_UNSPEC;
	return bpf_map_lookup_elem(backends, &first) ? TC_ACT_UNSPEC : TC_ACT_SHOT;
}
