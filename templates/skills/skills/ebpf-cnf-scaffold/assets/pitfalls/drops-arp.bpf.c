// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// proof: misbehaves
// shown-by: TestDropsARP
// message: an ARP request was dropped: nobody finds this machine any more

#include <linux/bpf.h>
#include <linux/in.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "lib/skb.h"

char __license[] SEC("license") = "Dual BSD/GPL";

/* snippet: code */
/* Only HTTPS is allowed. */
static __always_inline enum verdict decide(void *ctx, struct packet *pkt, enum reason *reason)
{
	if (pkt->key.protocol == IPPROTO_TCP && pkt->key.dport == bpf_htons(443))
		return VERDICT_PASS;
	return VERDICT_DROP;
}
/* end snippet */

SEC("tc")
int drops_arp(struct __sk_buff *skb)
{
	return process_frame(skb, DIRECTION_INGRESS);
}
