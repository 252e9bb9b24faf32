// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

#include <stdbool.h>

#include <linux/bpf.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "lib/packet.h"
#include "lib/parse.h"

/*
 * A router that cannot deliver what a backend has sent complains to the service's
 * address, which is the source that it saw. The complaint quotes the packet, so
 * it can go to the backend of that flow: without it, path MTU discovery fails.
 */
#define ICMP_UNREACHABLE       3
#define ICMP_TIME_EXCEEDED     11
#define ICMP_PARAMETER_PROBLEM 12
#define ICMPV6_LAST_ERROR      127
#define ICMP_ERROR_HEADER      8

struct quoted {
	struct in6_addr saddr;
	struct in6_addr daddr;
	__u32 transport; /* offset of its transport header */
	__u32 protocol;
};

static __always_inline bool is_icmp_error(const struct flow_key *key)
{
	__u8 type = bpf_ntohs(key->dport) >> 8;

	if (key->protocol == IPPROTO_ICMPV6)
		return type <= ICMPV6_LAST_ERROR;
	return key->protocol == IPPROTO_ICMP &&
	       (type == ICMP_UNREACHABLE || type == ICMP_TIME_EXCEEDED ||
		type == ICMP_PARAMETER_PROBLEM);
}

static __always_inline bool quoted_ipv4(void *ctx, __u32 offset, struct quoted *quoted)
{
	struct iphdr ip;

	if (packet_load(ctx, offset, &ip, sizeof(ip)))
		return false;
	if (ip.version != 4 || ip.ihl * 4 < sizeof(ip) ||
	    ip.frag_off & bpf_htons(IP_FRAGMENT_OFFSET))
		return false;
	ipv4_mapped(&quoted->saddr, ip.saddr);
	ipv4_mapped(&quoted->daddr, ip.daddr);
	quoted->protocol = ip.protocol;
	quoted->transport = offset + ip.ihl * 4;
	return true;
}

static __always_inline bool quoted_ipv6(void *ctx, __u32 offset, struct quoted *quoted)
{
	struct ipv6hdr ip __attribute__((aligned(8)));

	if (packet_load(ctx, offset, &ip, sizeof(ip)) || ip.version != 6)
		return false;
	quoted->saddr = ip.saddr;
	quoted->daddr = ip.daddr;
	quoted->protocol = ip.nexthdr;
	quoted->transport = offset + sizeof(ip);
	return true;
}

/* Headers between the packet's IP header and its ICMP header are not followed: no router writes
 * them. */
static __always_inline bool quoted_read(void *ctx, const struct packet *pkt, struct quoted *quoted)
{
	__u32 offset = pkt->network_offset;
	__u8 version;

	if (packet_load(ctx, offset, &version, sizeof(version)))
		return false;
	if (pkt->key.protocol == IPPROTO_ICMP)
		return quoted_ipv4(ctx, offset + (version & 15) * 4 + ICMP_ERROR_HEADER, quoted);
	return quoted_ipv6(ctx, offset + sizeof(struct ipv6hdr) + ICMP_ERROR_HEADER, quoted);
}

/* The flow as its client's packets show it: the quoted one, turned around. */
static __always_inline bool icmp_flow(void *ctx, const struct packet *pkt, struct flow_key *key)
{
	struct quoted quoted;
	struct ports {
		__be16 source;
		__be16 dest;
	} ports;

	if (!quoted_read(ctx, pkt, &quoted))
		return false;
	if (quoted.protocol != IPPROTO_TCP && quoted.protocol != IPPROTO_UDP)
		return false;
	if (packet_load(ctx, quoted.transport, &ports, sizeof(ports)))
		return false;
	key->saddr = quoted.daddr;
	key->daddr = quoted.saddr;
	key->vlan = 0;
	key->protocol = quoted.protocol;
	key->direction = 0;
	key->dport = ports.source;
	barrier();
	key->sport = ports.dest;
	return true;
}
