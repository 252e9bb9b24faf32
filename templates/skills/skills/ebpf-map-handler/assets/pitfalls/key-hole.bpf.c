// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// proof: refused
// capabilities: bpf net_admin
// message: read from stack R2 off -12+1 size 12

#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

/* snippet: code */
struct key {
	__u8 protocol;
	/* Three bytes of padding follow, which nobody sets. */
	__u32 ifindex;
	__u32 mark;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, struct key);
	__type(value, __u64);
} packets SEC(".maps");

SEC("tc")
int key_hole(struct __sk_buff *skb)
{
	struct key key;

	key.mark = skb->mark;
	key.ifindex = skb->ifindex;
	key.protocol = skb->protocol & 0xff;
	return bpf_map_lookup_elem(&packets, &key) ? TC_ACT_SHOT : TC_ACT_UNSPEC;
}
/* end snippet */
