// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// proof: misbehaves
// shown-by: TestPeerAtEgress
// message: 0 of 3 datagrams arrived

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

const volatile __u32 target;

/* snippet: code */
/* Attached where a device sends. */
SEC("tc")
int peer_at_egress(struct __sk_buff *skb)
{
	return skb->protocol == bpf_htons(ETH_P_IP) ? bpf_redirect_peer(target, 0) : TC_ACT_UNSPEC;
}
/* end snippet */
