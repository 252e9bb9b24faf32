// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// proof: refused
// capabilities: bpf net_admin
// message: bpf_trace_printk#6

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "lib/skb.h"

char __license[] SEC("license") = "Dual BSD/GPL";

/* snippet: code */
static __always_inline enum verdict decide(void *ctx, struct packet *pkt, enum reason *reason)
{
	bpf_printk("reason %d, %d bytes", *reason, pkt->length);
	return VERDICT_PASS;
}
/* end snippet */

SEC("tc")
int printk(struct __sk_buff *skb)
{
	return process_frame(skb, DIRECTION_INGRESS);
}
