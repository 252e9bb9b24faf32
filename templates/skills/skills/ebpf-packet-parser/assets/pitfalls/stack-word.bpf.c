// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// proof: refused
// before: 6.12
// otherwise: loads
// capabilities: bpf net_admin
// message: attempt to corrupt spilled pointer on stack

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

/* snippet: code */
struct key {
	__u32 vlan;
	__u32 length;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct key);
	__type(value, __u64);
} seen SEC(".maps");

SEC("tc")
int stack_word(struct __sk_buff *skb)
{
	volatile struct key key;
	struct key copy;
	__u64 one = 1;

	key.vlan = 0;
	key.length = skb->len;
	copy.vlan = key.vlan;
	copy.length = key.length;
	bpf_map_update_elem(&seen, &copy, &one, BPF_ANY);
	return TC_ACT_UNSPEC;
}
/* end snippet */
