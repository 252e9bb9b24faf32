// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

#include <stdbool.h>

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "lib/packet.h"
#include "lib/parse.h"

/*
 * Nearly every packet is TCP, UDP or ICMP in IPv4 without options or in IPv6
 * without extension headers, whole, with its headers in the first buffer. These
 * are read in place, which spares a helper call for every header. The offsets
 * are constant, as they must be without CAP_PERFMON. A packet that is different
 * in any way is left untouched for parse.h, which alone knows what is wrong.
 *
 * The fields are written in the order that struct packet asks for: what the
 * packet holds from the outside in, and of each layer nothing before all of it
 * is known to be right.
 */
struct view {
	const void *data;
	const void *end; /* of the first buffer */
};

static __always_inline bool direct_tcp(const struct view *view, __u32 offset, __u32 available,
				       struct packet *pkt)
{
	const struct tcphdr *tcp = view->data + offset;

	if ((const void *)(tcp + 1) > view->end)
		return false;
	if (tcp->doff * 4 < sizeof(*tcp) || tcp->doff * 4 > available)
		return false;
	pkt->key.protocol = IPPROTO_TCP;
	packet_set_ports(pkt, tcp->source, tcp->dest);
	pkt->tcp_flags = bpf_ntohl(tcp_flag_word(tcp)) >> 16;
	return true;
}

static __always_inline bool direct_udp(const struct view *view, __u32 offset, __u32 available,
				       struct packet *pkt)
{
	const struct udphdr *udp = view->data + offset;
	__u32 length;

	if ((const void *)(udp + 1) > view->end)
		return false;
	length = bpf_ntohs(udp->len);
	if (length < sizeof(*udp) || length > available)
		return false;
	pkt->key.protocol = IPPROTO_UDP;
	packet_set_ports(pkt, udp->source, udp->dest);
	return true;
}

static __always_inline bool direct_icmp(const struct view *view, __u32 offset, __u32 available,
					__u8 protocol, struct packet *pkt)
{
	const struct icmp_header *icmp = view->data + offset;

	if ((const void *)(icmp + 1) > view->end || available < sizeof(*icmp))
		return false;
	pkt->key.protocol = protocol;
	packet_set_ports(pkt, 0, bpf_htons(icmp->type << 8 | icmp->code));
	return true;
}

static __always_inline bool direct_transport(const struct view *view, __u32 offset, __u32 available,
					     __u8 protocol, struct packet *pkt)
{
	switch (protocol) {
	case IPPROTO_TCP:
		return direct_tcp(view, offset, available, pkt);
	case IPPROTO_UDP:
		return direct_udp(view, offset, available, pkt);
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return direct_icmp(view, offset, available, protocol, pkt);
	default:
		return false;
	}
}

static __always_inline bool direct_ipv4(const struct view *view, __u32 offset, struct packet *pkt)
{
	const struct iphdr *ip = view->data + offset;
	__u32 length;

	if ((const void *)(ip + 1) > view->end)
		return false;
	if (ip->version != 4 || ip->ihl * 4 != sizeof(*ip))
		return false;
	if (ip->frag_off & bpf_htons(IP_MORE_FRAGMENTS | IP_FRAGMENT_OFFSET))
		return false;
	length = bpf_ntohs(ip->tot_len);
	if (length < sizeof(*ip) || offset + length > pkt->length)
		return false;
	pkt->network_offset = offset;
	if (!direct_transport(view, offset + sizeof(*ip), length - sizeof(*ip), ip->protocol, pkt))
		return false;

	ipv4_mapped(&pkt->key.saddr, ip->saddr);
	ipv4_mapped(&pkt->key.daddr, ip->daddr);
	return true;
}

static __always_inline bool direct_ipv6(const struct view *view, __u32 offset, struct packet *pkt)
{
	const struct ipv6hdr *ip = view->data + offset;
	__u32 length;

	if ((const void *)(ip + 1) > view->end || ip->version != 6)
		return false;
	length = bpf_ntohs(ip->payload_len);
	if (offset + sizeof(*ip) + length > pkt->length)
		return false;
	pkt->network_offset = offset;
	if (!direct_transport(view, offset + sizeof(*ip), length, ip->nexthdr, pkt))
		return false;

	pkt->key.saddr = ip->saddr;
	pkt->key.daddr = ip->daddr;
	return true;
}

static __always_inline bool direct_network(const struct view *view, __u32 offset, __be16 proto,
					   struct packet *pkt)
{
	switch (proto) {
	case bpf_htons(ETH_P_IP):
		return direct_ipv4(view, offset, pkt);
	case bpf_htons(ETH_P_IPV6):
		return direct_ipv6(view, offset, pkt);
	default:
		return false;
	}
}

/* One tag in the frame at most: two are rare enough for parse.h. */
static __always_inline bool direct_vlan(const struct view *view, __u32 offset, struct packet *pkt)
{
	const struct vlan_header *vlan = view->data + offset;
	__u8 tags = pkt->vlan_tags;
	__u16 outer = pkt->key.vlan;

	if ((const void *)(vlan + 1) > view->end || tags == VLAN_MAX_TAGS)
		return false;
	packet_add_vlan_tag(pkt, bpf_ntohs(vlan->tci));
	if (direct_network(view, offset + sizeof(*vlan), vlan->proto, pkt))
		return true;
	pkt->vlan_tags = tags;
	pkt->key.vlan = outer;
	return false;
}

static __always_inline bool direct_ethernet(const struct view *view, struct packet *pkt)
{
	const struct ethhdr *eth = view->data;

	if ((const void *)(eth + 1) > view->end)
		return false;
	if (is_vlan(eth->h_proto))
		return direct_vlan(view, sizeof(*eth), pkt);
	return direct_network(view, sizeof(*eth), eth->h_proto, pkt);
}

/* For packets that begin with their IP header. */
static __always_inline bool direct_ip(const struct view *view, struct packet *pkt)
{
	const __u8 *version = view->data;

	if ((const void *)(version + 1) > view->end)
		return false;
	switch (*version >> 4) {
	case 4:
		return direct_ipv4(view, 0, pkt);
	case 6:
		return direct_ipv6(view, 0, pkt);
	default:
		return false;
	}
}
