// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// proof: refused
// message: invalid mem access 'map_value_or_null'

#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u64);
} packets SEC(".maps");

/* snippet: code */
SEC("tc")
int null_check(struct __sk_buff *skb)
{
	__u32 ifindex = skb->ifindex;
	__u64 *count = bpf_map_lookup_elem(&packets, &ifindex);

	__sync_fetch_and_add(count, 1);
	return TC_ACT_UNSPEC;
}
/* end snippet */
