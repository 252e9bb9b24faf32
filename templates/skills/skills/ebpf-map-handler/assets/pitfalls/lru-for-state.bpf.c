// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// proof: misbehaves
// shown-by: TestLRUForState
// message: one translation too many took others along

#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

/* snippet: code */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u64);
} translations SEC(".maps");

SEC("tc")
int lru_for_state(struct __sk_buff *skb)
{
	__u32 flow = skb->mark;
	__u64 port = 40000 + flow;

	bpf_map_update_elem(&translations, &flow, &port, BPF_NOEXIST);
	return TC_ACT_UNSPEC;
}
/* end snippet */
