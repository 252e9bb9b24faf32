// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// proof: misbehaves
// shown-by: TestNoWakeup
// message: the reader slept on with 1 event in the buffer

#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 16);
} samples SEC(".maps");

/* snippet: code */
SEC("tc")
int no_wakeup(struct __sk_buff *skb)
{
	__u32 length = skb->len;

	bpf_ringbuf_output(&samples, &length, sizeof(length), BPF_RB_NO_WAKEUP);
	return TC_ACT_UNSPEC;
}
/* end snippet */
