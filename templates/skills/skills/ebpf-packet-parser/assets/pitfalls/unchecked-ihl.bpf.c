// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// proof: misbehaves
// shown-by: TestUncheckedIHL
// message: port 53 of a packet with IHL 0 was read as 16384

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

__u32 port = 0;

/* snippet: code */
SEC("tc")
int unchecked_ihl(struct __sk_buff *skb)
{
	struct udphdr udp;
	struct iphdr ip;

	if (bpf_skb_load_bytes(skb, ETH_HLEN, &ip, sizeof(ip)) ||
	    bpf_skb_load_bytes(skb, ETH_HLEN + ip.ihl * 4, &udp, sizeof(udp)))
		return TC_ACT_UNSPEC;
	port = bpf_ntohs(udp.source);
	return TC_ACT_UNSPEC;
}
/* end snippet */
