// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// capabilities: bpf net_admin

#include <stddef.h>

#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

#include "lib/packet.h"
#include "lib/parse.h"

char __license[] SEC("license") = "Dual BSD/GPL";

/* In network byte order; set before the program is loaded. */
const volatile __be32 backend_address = 0;
const volatile __be16 backend_port = 0;

static __always_inline long packet_load(void *ctx, __u32 offset, void *to, __u32 size)
{
	return bpf_skb_load_bytes(ctx, offset, to, size);
}

/* Where the checksum lies and how it is updated: UDP's 0 means "none" and stays. */
static __always_inline __u32 checksum_offset(__u8 protocol)
{
	return protocol == IPPROTO_TCP ? offsetof(struct tcphdr, check)
				       : offsetof(struct udphdr, check);
}

/* snippet: rewrite */
static __always_inline long rewrite_destination(struct __sk_buff *skb, __u32 ip, __u32 transport,
						__u8 protocol, __be32 old_address, __be16 old_port)
{
	__u64 udp = protocol == IPPROTO_UDP ? BPF_F_MARK_MANGLED_0 : 0;
	__u32 check = transport + checksum_offset(protocol);
	__be32 address = backend_address;
	__be16 port = backend_port;

	/* The address is part of TCP's and UDP's pseudo-header, the port is not. */
	return bpf_l4_csum_replace(skb, check, old_address, address,
				   BPF_F_PSEUDO_HDR | udp | sizeof(address)) ||
	       bpf_l4_csum_replace(skb, check, old_port, port, udp | sizeof(port)) ||
	       bpf_l3_csum_replace(skb, ip + offsetof(struct iphdr, check), old_address, address,
				   sizeof(address)) ||
	       bpf_skb_store_bytes(skb, ip + offsetof(struct iphdr, daddr), &address,
				   sizeof(address), 0) ||
	       bpf_skb_store_bytes(skb, transport + offsetof(struct udphdr, dest), &port,
				   sizeof(port), 0);
}
/* end snippet */

SEC("tc")
int rewrite_ipv4(struct __sk_buff *skb)
{
	struct cursor cur = { .ctx = skb, .offset = sizeof(struct ethhdr), .end = skb->len };
	struct packet pkt;
	__u32 transport;

	packet_init(&pkt, DIRECTION_INGRESS, skb->len);
	if (skb->protocol != bpf_htons(ETH_P_IP) || parse_ipv4(&cur, &pkt) != REASON_NONE)
		return TC_ACT_UNSPEC;
	transport = cur.offset;
	/* Later fragments have no port; they need the state that the first one left. */
	if (pkt.fragment != FRAGMENT_NONE || parse_transport(&cur, &pkt) != REASON_NONE)
		return TC_ACT_UNSPEC;
	if (pkt.key.protocol != IPPROTO_TCP && pkt.key.protocol != IPPROTO_UDP)
		return TC_ACT_UNSPEC;

	if (rewrite_destination(skb, sizeof(struct ethhdr), transport, pkt.key.protocol,
				pkt.key.daddr.in6_u.u6_addr32[3], pkt.key.dport))
		return TC_ACT_SHOT;
	return TC_ACT_UNSPEC;
}
