// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

#include <linux/bpf.h>
#include <linux/in6.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

/*
 * One direction of a conversation. The key has no holes, because the kernel
 * hashes all of its bytes. IPv4 addresses are IPv4-mapped (RFC 4291, 2.5.5.2).
 */
struct flow_key {
	struct in6_addr saddr;
	struct in6_addr daddr;
	__be16 sport; /* 0 for ICMP, and for fragments other than the first */
	__be16 dport; /* for ICMP: the type byte, then the code byte */
	__u16 vlan;   /* outer VLAN ID in host byte order, 0 for none */
	__u8 protocol;
	__u8 direction; /* enum direction */
};

static __always_inline void ipv4_mapped(struct in6_addr *mapped, __be32 addr)
{
	mapped->in6_u.u6_addr32[0] = 0;
	mapped->in6_u.u6_addr32[1] = 0;
	mapped->in6_u.u6_addr32[2] = bpf_htonl(0xffff);
	mapped->in6_u.u6_addr32[3] = addr;
}

struct flow_stats {
	__u64 packets;
	__u64 bytes;
	__u64 first_seen_ns; /* CLOCK_MONOTONIC, as all times here */
	__u64 last_seen_ns;
	__u32 closed;	 /* 1 once FLOW_CLOSED was reported */
	__u32 tcp_flags; /* all flags seen so far */
};

/*
 * User space sets the size before it loads the table. When the kernel needs
 * room it evicts flows that were not seen for long, now and then a little
 * before the table is full.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, struct flow_key);
	__type(value, struct flow_stats);
} flows SEC(".maps");

/*
 * The key for a lookup, put together from whole 8-byte words. Linux before 6.13
 * takes a word of the stack that holds a known number for a spilled register,
 * and does not let a program without CAP_PERFMON store to a part of it: "attempt
 * to corrupt spilled pointer on stack". The same goes for every key that a
 * program keeps on its stack.
 */
struct flow_words {
	__u64 word[5];
};

_Static_assert(sizeof(struct flow_words) == sizeof(struct flow_key), "flow_key has 40 bytes");

static __always_inline struct flow_words flow_words(const struct flow_key *key)
{
	const __be32 *saddr = key->saddr.in6_u.u6_addr32;
	const __be32 *daddr = key->daddr.in6_u.u6_addr32;

	return (struct flow_words){ {
		saddr[0] | (__u64)saddr[1] << 32,
		saddr[2] | (__u64)saddr[3] << 32,
		daddr[0] | (__u64)daddr[1] << 32,
		daddr[2] | (__u64)daddr[3] << 32,
		key->sport | (__u64)key->dport << 16 | (__u64)key->vlan << 32 |
			(__u64)key->protocol << 48 | (__u64)key->direction << 56,
	} };
}
