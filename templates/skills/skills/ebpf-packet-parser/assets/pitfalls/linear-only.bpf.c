// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// proof: misbehaves
// shown-by: TestLinearOnly
// message: saw 0 of 1 requests

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <linux/tcp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

__u32 requests = 0;

/* snippet: code */
SEC("tc")
int linear_only(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct iphdr *ip = data + ETH_HLEN;
	struct tcphdr *tcp = (void *)(ip + 1);
	char *payload;

	if ((void *)(tcp + 1) > end || skb->protocol != bpf_htons(ETH_P_IP) ||
	    ip->protocol != IPPROTO_TCP)
		return TC_ACT_UNSPEC;
	payload = (void *)tcp + tcp->doff * 4;
	if ((void *)(payload + 1) <= end && *payload == 'G')
		__sync_fetch_and_add(&requests, 1);
	return TC_ACT_UNSPEC;
}
/* end snippet */
