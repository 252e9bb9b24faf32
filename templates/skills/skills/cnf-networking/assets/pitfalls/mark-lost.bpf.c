// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// proof: misbehaves
// shown-by: TestMarkLost
// message: set mark 7, and found 0 in the next namespace

#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

__u32 found = -1;

/* snippet: code */
/* In the first namespace, on the way out. */
SEC("tc")
int set_mark(struct __sk_buff *skb)
{
	skb->mark = 7;
	return TC_ACT_UNSPEC;
}

/* In the next one, on the way in. */
SEC("tc")
int find_mark(struct __sk_buff *skb)
{
	found = skb->mark;
	return TC_ACT_UNSPEC;
}
/* end snippet */
