// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

#include <stdbool.h>

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "lib/context.h"
#include "lib/packet.h"
#include "lib/verdict.h"

#define VLAN_MAX_TAGS	     2
#define IPV6_MAX_EXT_HEADERS 8

#define IP_MORE_FRAGMENTS    0x2000
#define IP_FRAGMENT_OFFSET   0x1fff
#define IPV6_FRAGMENT_OFFSET 0xfff8
#define IPV6_MORE_FRAGMENTS  0x0001

#define IPPROTO_HIP   139
#define IPPROTO_SHIM6 140

/* linux/if_vlan.h and linux/icmp.h need the C library's headers. */
struct vlan_header {
	__be16 tci;
	__be16 proto;
};

struct icmp_header {
	__u8 type;
	__u8 code;
	__sum16 checksum;
};

struct sctp_header {
	__be16 source;
	__be16 dest;
	__be32 verification_tag;
	__le32 checksum;
};

struct ipv6_ext_header {
	__u8 nexthdr;
	__u8 length;
	__be16 frag_off; /* in a fragment header */
	__be32 identification;
};

/* The part of the packet that is still to be parsed. */
struct cursor {
	void *ctx;
	__u32 offset;
	__u32 end;
};

/*
 * Defined by the hook: copies bytes of the packet, returns 0 or an error. Only
 * copies go to the stack, so the parser also sees what a non-linear packet
 * keeps in its fragments, and needs no CAP_PERFMON: without that, the verifier
 * refuses packet pointers that move by a variable offset.
 */
static __always_inline long packet_load(void *ctx, __u32 offset, void *to, __u32 size);

/* What lies behind the end is Ethernet padding: a header cannot reach into it. */
static __always_inline bool cursor_peek(const struct cursor *cur, void *header, __u32 size)
{
	return cur->offset + size <= cur->end && !packet_load(cur->ctx, cur->offset, header, size);
}

/* TCP super-packets above 64 KiB (BIG TCP) and jumbograms do not fit a length field. */
static __always_inline bool length_omitted(__u32 length, __u32 available)
{
	return !length && available > 0xffff;
}

/* Cuts the packet to the length that its IP header claims. */
static __always_inline bool cursor_limit(struct cursor *cur, __u32 length)
{
	__u32 available = cur->end - cur->offset;

	if (length_omitted(length, available))
		return true;
	cur->end = cur->offset + length;
	return length <= available;
}

static __always_inline enum reason parse_tcp(struct cursor *cur, struct packet *pkt)
{
	struct tcphdr tcp;

	if (!cursor_peek(cur, &tcp, sizeof(tcp)))
		return REASON_TRUNCATED;
	if (tcp.doff * 4 < sizeof(tcp))
		return REASON_BAD_TCP_HEADER;
	/* A first fragment may end within the options. */
	if (pkt->fragment == FRAGMENT_NONE && cur->offset + tcp.doff * 4 > cur->end)
		return REASON_BAD_TCP_HEADER;

	packet_set_ports(pkt, tcp.source, tcp.dest);
	pkt->tcp_flags = bpf_ntohl(tcp_flag_word(&tcp)) >> 16;
	return REASON_NONE;
}

static __always_inline bool udp_length_valid(const struct cursor *cur, const struct packet *pkt,
					     __u32 length)
{
	__u32 available = cur->end - cur->offset;

	if (length_omitted(length, available))
		return true;
	if (length < sizeof(struct udphdr))
		return false;
	/* A first fragment has the length of the whole datagram, of which it is only a part. */
	return length <= available || pkt->fragment == FRAGMENT_FIRST;
}

static __always_inline enum reason parse_udp(struct cursor *cur, struct packet *pkt)
{
	struct udphdr udp;

	if (!cursor_peek(cur, &udp, sizeof(udp)))
		return REASON_TRUNCATED;
	if (!udp_length_valid(cur, pkt, bpf_ntohs(udp.len)))
		return REASON_BAD_LENGTH;

	packet_set_ports(pkt, udp.source, udp.dest);
	return REASON_NONE;
}

static __always_inline enum reason parse_sctp(struct cursor *cur, struct packet *pkt)
{
	struct sctp_header sctp;

	if (!cursor_peek(cur, &sctp, sizeof(sctp)))
		return REASON_TRUNCATED;

	packet_set_ports(pkt, sctp.source, sctp.dest);
	return REASON_NONE;
}

static __always_inline enum reason parse_icmp(struct cursor *cur, struct packet *pkt)
{
	struct icmp_header icmp;

	if (!cursor_peek(cur, &icmp, sizeof(icmp)))
		return REASON_TRUNCATED;

	pkt->key.dport = bpf_htons(icmp.type << 8 | icmp.code);
	return REASON_NONE;
}

static __always_inline enum reason parse_transport(struct cursor *cur, struct packet *pkt)
{
	if (pkt->fragment == FRAGMENT_LATER)
		return REASON_NONE;

	switch (pkt->key.protocol) {
	case IPPROTO_TCP:
		return parse_tcp(cur, pkt);
	case IPPROTO_UDP:
		return parse_udp(cur, pkt);
	case IPPROTO_SCTP:
		return parse_sctp(cur, pkt);
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return parse_icmp(cur, pkt);
	default:
		return REASON_NONE;
	}
}

static __always_inline enum fragment ipv4_fragment(const struct iphdr *ip)
{
	__u16 frag_off = bpf_ntohs(ip->frag_off);

	if (frag_off & IP_FRAGMENT_OFFSET)
		return FRAGMENT_LATER;
	return frag_off & IP_MORE_FRAGMENTS ? FRAGMENT_FIRST : FRAGMENT_NONE;
}

static __always_inline enum reason parse_ipv4(struct cursor *cur, struct packet *pkt)
{
	struct iphdr ip;

	if (!cursor_peek(cur, &ip, sizeof(ip)))
		return REASON_TRUNCATED;
	if (ip.version != 4 || ip.ihl * 4 < sizeof(ip))
		return REASON_BAD_IPV4_HEADER;
	if (!cursor_limit(cur, bpf_ntohs(ip.tot_len)))
		return REASON_BAD_LENGTH;
	if (cur->end - cur->offset < ip.ihl * 4)
		return REASON_BAD_IPV4_HEADER;

	ipv4_mapped(&pkt->key.saddr, ip.saddr);
	ipv4_mapped(&pkt->key.daddr, ip.daddr);
	pkt->key.protocol = ip.protocol;
	pkt->fragment = ipv4_fragment(&ip);
	cur->offset += ip.ihl * 4;
	return REASON_NONE;
}

/* Extension headers by their protocol: of those below 64, and of those from 128 on. */
#define IPV6_EXTENSIONS_LOW                                                                        \
	(1ULL << IPPROTO_HOPOPTS | 1ULL << IPPROTO_ROUTING | 1ULL << IPPROTO_FRAGMENT |            \
	 1ULL << IPPROTO_AH | 1ULL << IPPROTO_DSTOPTS)
#define IPV6_EXTENSIONS_HIGH                                                                       \
	(1ULL << (IPPROTO_MH - 128) | 1ULL << (IPPROTO_HIP - 128) | 1ULL << (IPPROTO_SHIM6 - 128))

/*
 * Without a comparison for each, as there may be nine headers in a row and the
 * verifier follows every way through; and without a table, because a pointer that
 * moves by a variable makes Linux 6.1 tell apart all that it could take for alike.
 */
static __always_inline bool is_ipv6_extension(__u8 protocol)
{
	__u64 extensions = protocol & 128 ? IPV6_EXTENSIONS_HIGH : IPV6_EXTENSIONS_LOW;

	return !(protocol & 64) && extensions >> (protocol & 63) & 1;
}

static __always_inline __u32 ipv6_extension_size(__u8 protocol, const struct ipv6_ext_header *ext)
{
	switch (protocol) {
	case IPPROTO_FRAGMENT:
		return sizeof(*ext);
	case IPPROTO_AH:
		return (ext->length + 2) * 4;
	default:
		return (ext->length + 1) * 8;
	}
}

static __always_inline enum fragment ipv6_fragment(const struct ipv6_ext_header *ext)
{
	__u16 frag_off = bpf_ntohs(ext->frag_off);

	if (frag_off & IPV6_FRAGMENT_OFFSET)
		return FRAGMENT_LATER;
	/* Offset 0 and no more fragments: an atomic fragment (RFC 6946), which is whole. */
	return frag_off & IPV6_MORE_FRAGMENTS ? FRAGMENT_FIRST : FRAGMENT_NONE;
}

/*
 * Returns the offset behind an extension header, 0 if there is none at this one, or
 * a negative enum reason. Verified on its own: nine of them in a row have more ways
 * through them than the verifier can be trusted to see are alike.
 */
__noinline int parse_ipv6_extension(packet_context *ctx, struct packet *pkt, __u32 offset,
				    __u32 end)
{
	struct cursor cur = { .ctx = ctx, .offset = offset, .end = end };
	struct ipv6_ext_header ext;
	__u32 size;

	/* What follows in a later fragment is not a header any more. */
	if (!pkt || pkt->fragment == FRAGMENT_LATER || !is_ipv6_extension(pkt->key.protocol))
		return 0;
	if (!cursor_peek(&cur, &ext, sizeof(ext)))
		return -REASON_TRUNCATED;
	size = ipv6_extension_size(pkt->key.protocol, &ext);
	if (end - offset < size)
		return -REASON_TRUNCATED;

	if (pkt->key.protocol == IPPROTO_FRAGMENT)
		pkt->fragment = ipv6_fragment(&ext);
	pkt->key.protocol = ext.nexthdr;
	return offset + size;
}

static __always_inline enum reason parse_ipv6_extensions(struct cursor *cur, struct packet *pkt)
{
#pragma unroll
	for (int i = 0; i < IPV6_MAX_EXT_HEADERS; i++) {
		int next = parse_ipv6_extension(cur->ctx, pkt, cur->offset, cur->end);

		if (next <= 0)
			return -next;
		cur->offset = next;
	}
	if (parse_ipv6_extension(cur->ctx, pkt, cur->offset, cur->end))
		return REASON_EXT_HEADERS;
	return REASON_NONE;
}

static __always_inline enum reason parse_ipv6(struct cursor *cur, struct packet *pkt)
{
	/* Aligned, so that the addresses are copied as whole words. */
	struct ipv6hdr ip __attribute__((aligned(8)));

	if (!cursor_peek(cur, &ip, sizeof(ip)))
		return REASON_TRUNCATED;
	if (ip.version != 6)
		return REASON_BAD_IPV6_HEADER;
	cur->offset += sizeof(ip);
	if (!cursor_limit(cur, bpf_ntohs(ip.payload_len)))
		return REASON_BAD_LENGTH;

	pkt->key.saddr = ip.saddr;
	pkt->key.daddr = ip.daddr;
	pkt->key.protocol = ip.nexthdr;
	return parse_ipv6_extensions(cur, pkt);
}

static __always_inline enum reason parse_network(struct cursor *cur, struct packet *pkt,
						 __be16 proto)
{
	enum reason reason;

	pkt->network_offset = cur->offset;
	switch (proto) {
	case bpf_htons(ETH_P_IP):
		reason = parse_ipv4(cur, pkt);
		break;
	case bpf_htons(ETH_P_IPV6):
		reason = parse_ipv6(cur, pkt);
		break;
	default:
		reason = REASON_NOT_IP;
	}
	if (reason != REASON_NONE)
		return reason;
	return parse_transport(cur, pkt);
}

/* For packets that begin with their IP header. */
static __always_inline enum reason parse_ip(void *ctx, struct packet *pkt)
{
	struct cursor cur = { .ctx = ctx, .end = pkt->length };
	__u8 version;

	if (!cursor_peek(&cur, &version, sizeof(version)))
		return REASON_TRUNCATED;

	switch (version >> 4) {
	case 4:
		return parse_network(&cur, pkt, bpf_htons(ETH_P_IP));
	case 6:
		return parse_network(&cur, pkt, bpf_htons(ETH_P_IPV6));
	default:
		return REASON_NOT_IP;
	}
}

static __always_inline bool is_vlan(__be16 proto)
{
	return proto == bpf_htons(ETH_P_8021Q) || proto == bpf_htons(ETH_P_8021AD);
}

/* For packets that begin with their Ethernet header. */
static __always_inline enum reason parse_ethernet(void *ctx, struct packet *pkt)
{
	struct cursor cur = { .ctx = ctx, .end = pkt->length };
	struct ethhdr eth;
	__be16 proto;

	if (!cursor_peek(&cur, &eth, sizeof(eth)))
		return REASON_TRUNCATED;
	cur.offset += sizeof(eth);
	proto = eth.h_proto;

#pragma unroll
	for (int i = 0; i < VLAN_MAX_TAGS && is_vlan(proto); i++) {
		struct vlan_header vlan;

		if (!cursor_peek(&cur, &vlan, sizeof(vlan)))
			return REASON_TRUNCATED;
		packet_add_vlan_tag(pkt, bpf_ntohs(vlan.tci));
		cur.offset += sizeof(vlan);
		proto = vlan.proto;
	}
	if (is_vlan(proto) || pkt->vlan_tags > VLAN_MAX_TAGS)
		return REASON_VLAN_DEPTH;
	return parse_network(&cur, pkt, proto);
}
