// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// proof: does-not-compile
// message: move large on stack variables into BPF per-cpu array map

#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 16);
} copies SEC(".maps");

/* snippet: code */
SEC("tc")
int stack_limit(struct __sk_buff *skb)
{
	__u8 copy[1024];

	if (!bpf_skb_load_bytes(skb, 0, copy, sizeof(copy)))
		bpf_ringbuf_output(&copies, copy, sizeof(copy), 0);
	return TC_ACT_UNSPEC;
}
/* end snippet */
