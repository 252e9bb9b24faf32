// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// proof: misbehaves
// shown-by: TestICMPPorts
// message: a ping was dropped, although only port 2048 is blocked

#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "lib/skb.h"

char __license[] SEC("license") = "Dual BSD/GPL";

/* snippet: code */
static __always_inline enum verdict decide(void *ctx, struct packet *pkt, enum reason *reason)
{
	return pkt->key.dport == bpf_htons(2048) ? VERDICT_DROP : VERDICT_PASS;
}
/* end snippet */

SEC("tc")
int icmp_ports(struct __sk_buff *skb)
{
	return process_frame(skb, DIRECTION_INGRESS);
}
