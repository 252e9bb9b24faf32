// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// proof: misbehaves
// shown-by: TestFirstNextHeader
// message: TCP to port 22 behind a hop-by-hop header passed a filter that drops it

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <linux/tcp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

/* snippet: code */
SEC("tc")
int first_next_header(struct __sk_buff *skb)
{
	struct ipv6hdr ip;
	struct tcphdr tcp;

	if (bpf_skb_load_bytes(skb, ETH_HLEN, &ip, sizeof(ip)) || ip.nexthdr != IPPROTO_TCP ||
	    bpf_skb_load_bytes(skb, ETH_HLEN + sizeof(ip), &tcp, sizeof(tcp)))
		return TC_ACT_UNSPEC;
	return tcp.dest == bpf_htons(22) ? TC_ACT_SHOT : TC_ACT_UNSPEC;
}
/* end snippet */
