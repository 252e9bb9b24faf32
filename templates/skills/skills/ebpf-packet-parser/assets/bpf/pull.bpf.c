// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <linux/tcp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

#define TCP_OPTIONS_MAX 40
#define WANTED		(sizeof(struct ethhdr) + sizeof(struct iphdr) + sizeof(struct tcphdr))

__u32 requests = 0;

/* snippet: pull */
/* Counts TCP segments over IPv4 whose payload begins with a G, as that of an HTTP GET does. */
SEC("tc")
int pull_payload(struct __sk_buff *skb)
{
	void *data, *end;
	struct iphdr *ip;
	struct tcphdr *tcp;
	__u32 offset, linear = WANTED + TCP_OPTIONS_MAX + 1;

	/*
	 * The payload of what a local socket sends lies in pages beside the headers.
	 * More than there is cannot be pulled, and then nothing is.
	 */
	if (bpf_skb_pull_data(skb, skb->len < linear ? skb->len : linear))
		return TC_ACT_UNSPEC;

	/* Only now: the helper has made every earlier packet pointer invalid. */
	data = (void *)(long)skb->data;
	end = (void *)(long)skb->data_end;
	if (data + WANTED > end)
		return TC_ACT_UNSPEC;
	ip = data + sizeof(struct ethhdr);
	tcp = (void *)(ip + 1);
	if (skb->protocol != bpf_htons(ETH_P_IP) || ip->ihl != 5 || ip->protocol != IPPROTO_TCP)
		return TC_ACT_UNSPEC;

	offset = WANTED - sizeof(*tcp) + tcp->doff * 4;
	if (data + offset + 1 <= end && *(char *)(data + offset) == 'G')
		__sync_fetch_and_add(&requests, 1);
	return TC_ACT_UNSPEC;
}
/* end snippet */
