// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// proof: misbehaves
// shown-by: TestByteOrder
// message: counted 0 of 1 IPv4 packets

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

__u32 counted = 0;

/* snippet: code */
SEC("tc")
int byte_order(struct __sk_buff *skb)
{
	if (skb->protocol == ETH_P_IP)
		__sync_fetch_and_add(&counted, 1);
	return TC_ACT_UNSPEC;
}
/* end snippet */
