// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// capabilities: bpf net_admin

#include <stdbool.h>

#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

/* snippet: globals */
/* Set before the load and constant from then on: the verifier removes what it makes unreachable. */
const volatile __u32 max_length = 1500;

/* Changed while packets pass. One word, so that no packet sees half of a change. */
__u64 paused = false;

/* Written by the program, read by user space, without a system call on either side. */
__u64 too_long = 0;

SEC("tc")
int limit_length(struct __sk_buff *skb)
{
	if (paused || skb->len <= max_length)
		return TC_ACT_UNSPEC;
	__sync_fetch_and_add(&too_long, 1);
	return TC_ACT_SHOT;
}
/* end snippet */
