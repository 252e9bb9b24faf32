// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

#include <stdbool.h>

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "lib/direct.h"
#include "function/backend.h"

#define OUTER_HOPS	    64
#define OUTER_DONT_FRAGMENT 0x4000

/* What an outer header takes over from the inner one. */
struct inner {
	__u32 length; /* of the whole packet; 0 for one above 64 KiB */
	__u8 traffic_class;
	__u8 protocol; /* IPPROTO_IPIP or IPPROTO_IPV6 */
	__u32 flow_label;
};

/* The offset must be a constant: see struct view. */
static __always_inline bool inner_read(struct inner *inner, const struct view *view, __u32 offset,
				       __u64 hash)
{
	const __be16 *head = view->data + offset;

	if ((const void *)(head + 4) > view->end)
		return false;
	if (bpf_ntohs(head[0]) >> 12 == 4) {
		inner->length = bpf_ntohs(head[1]);
		inner->traffic_class = bpf_ntohs(head[0]);
		inner->protocol = IPPROTO_IPIP;
	} else {
		inner->length = bpf_ntohs(head[2]) + sizeof(struct ipv6hdr);
		inner->traffic_class = bpf_ntohs(head[0]) >> 4;
		inner->protocol = IPPROTO_IPV6;
	}
	/* Routers and the backend's queues tell flows apart by it (RFC 6438). */
	inner->flow_label = hash & 0xfffff;
	return true;
}

static __always_inline __be16 outer_length(__u32 length)
{
	/* The kernel fills in the length of each segment that it cuts off a larger one. */
	return length > 0xffff ? 0 : bpf_htons(length);
}

static __always_inline __sum16 ipv4_checksum(const struct iphdr *ip)
{
	const __be32 *words = (const void *)ip;
	__u64 sum = 0;

	for (int i = 0; i < sizeof(*ip) / sizeof(*words); i++)
		sum += words[i];
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

/* The packet must not be fragmented underway: without an ID it could not be put together. */
static __always_inline void outer_ipv4(struct iphdr *ip, const struct inner *inner,
				       const struct backend *backend)
{
	ip->version = 4;
	ip->ihl = sizeof(*ip) / 4;
	ip->tos = inner->traffic_class;
	ip->tot_len = outer_length(inner->length + sizeof(*ip));
	ip->id = 0;
	ip->frag_off = bpf_htons(OUTER_DONT_FRAGMENT);
	ip->ttl = OUTER_HOPS;
	ip->protocol = inner->protocol;
	ip->check = 0;
	ip->saddr = backend->local.in6_u.u6_addr32[3];
	ip->daddr = backend->remote.in6_u.u6_addr32[3];
	ip->check = ipv4_checksum(ip);
}

static __always_inline void outer_ipv6(struct ipv6hdr *ip, const struct inner *inner,
				       const struct backend *backend)
{
	*(__be32 *)ip = bpf_htonl(6 << 28 | inner->traffic_class << 20 | inner->flow_label);
	ip->payload_len = outer_length(inner->length);
	ip->nexthdr = inner->protocol;
	ip->hop_limit = OUTER_HOPS;
	ip->saddr = backend->local;
	ip->daddr = backend->remote;
}

/* Both MAC addresses of a frame, in two stores. */
static __always_inline void write_addresses(void *frame, const struct backend *backend)
{
	const void *addresses = backend->destination;

	*(__u64 *)frame = *(const __u64 *)addresses;
	*(__u32 *)(frame + 8) = *(const __u32 *)(addresses + 8);
}

/*
 * Writes the whole of a frame's new beginning: addresses, type, and the outer
 * header at a constant offset. False if it is not in the first buffer.
 */
static __always_inline bool write_outer(const struct view *view, __u32 offset, __u32 size,
					const struct inner *inner, const struct backend *backend)
{
	void *frame = (void *)view->data;
	__be16 *proto = frame + offset - sizeof(*proto);

	if (frame + offset + size > view->end)
		return false;
	write_addresses(frame, backend);
	if (size == sizeof(struct iphdr)) {
		*proto = bpf_htons(ETH_P_IP);
		outer_ipv4(frame + offset, inner, backend);
	} else {
		*proto = bpf_htons(ETH_P_IPV6);
		outer_ipv6(frame + offset, inner, backend);
	}
	return true;
}
