// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// proof: misbehaves
// shown-by: TestTTLKept
// message: one datagram went round more than 1000 times

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

__u64 packets;

/* snippet: code */
SEC("tc")
int ttl_kept(struct __sk_buff *skb)
{
	__sync_fetch_and_add(&packets, 1);
	return skb->protocol == bpf_htons(ETH_P_IP) ? bpf_redirect_neigh(skb->ifindex, NULL, 0, 0)
						    : TC_ACT_UNSPEC;
}
/* end snippet */
