// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// proof: refused
// message: invalid mem access 'scalar'

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

/* snippet: code */
SEC("tc")
int stale_pointer(struct __sk_buff *skb)
{
	struct ethhdr *eth = (void *)(long)skb->data;

	if ((void *)(eth + 1) > (void *)(long)skb->data_end)
		return TC_ACT_UNSPEC;
	bpf_skb_pull_data(skb, 0);
	return eth->h_dest[0] & 1 ? TC_ACT_SHOT : TC_ACT_UNSPEC;
}
/* end snippet */
