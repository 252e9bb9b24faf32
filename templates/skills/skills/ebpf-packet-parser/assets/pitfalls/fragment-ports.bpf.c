// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// proof: misbehaves
// shown-by: TestFragmentPorts
// message: a later fragment got ports 18245 -> 21536, which are payload

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

__u32 sport = 0;
__u32 dport = 0;

/* snippet: code */
SEC("tc")
int fragment_ports(struct __sk_buff *skb)
{
	struct udphdr udp;
	struct iphdr ip;

	if (bpf_skb_load_bytes(skb, ETH_HLEN, &ip, sizeof(ip)) || ip.ihl < 5)
		return TC_ACT_UNSPEC;
	if (ip.protocol != IPPROTO_UDP ||
	    bpf_skb_load_bytes(skb, ETH_HLEN + ip.ihl * 4, &udp, sizeof(udp)))
		return TC_ACT_UNSPEC;
	sport = bpf_ntohs(udp.source);
	dport = bpf_ntohs(udp.dest);
	return TC_ACT_UNSPEC;
}
/* end snippet */
