// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// proof: misbehaves
// shown-by: TestPinByName
// message: map spec is incompatible with existing map

#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

/* snippet: code */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64); /* 32 in the version that runs now */
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, __u32);
	__type(value, __u64);
} sessions SEC(".maps");
/* end snippet */

SEC("tc")
int pin_by_name(struct __sk_buff *skb)
{
	__u32 session = skb->mark;

	return bpf_map_lookup_elem(&sessions, &session) ? TC_ACT_UNSPEC : TC_ACT_SHOT;
}
