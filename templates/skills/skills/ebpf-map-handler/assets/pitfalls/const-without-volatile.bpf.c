// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// proof: misbehaves
// shown-by: TestConstWithoutVolatile
// message: a packet of 100 bytes passed a limit that was set to 64

#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

/* snippet: code */
const __u32 max_length = 1500;

SEC("tc")
int const_without_volatile(struct __sk_buff *skb)
{
	return skb->len > max_length ? TC_ACT_SHOT : TC_ACT_UNSPEC;
}
/* end snippet */
