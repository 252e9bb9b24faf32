// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// proof: misbehaves
// shown-by: TestRedirectMTU
// message: 0 of 3 large datagrams arrived, and the sender was told nothing

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

const volatile __u32 target;

/* snippet: code */
SEC("tc")
int redirect_mtu(struct __sk_buff *skb)
{
	if (skb->protocol != bpf_htons(ETH_P_IP))
		return TC_ACT_UNSPEC;
	return bpf_redirect_neigh(target, NULL, 0, 0);
}
/* end snippet */
