// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

#include <linux/bpf.h>
#include <linux/in6.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

/*
 * One direction of a conversation. The key has no holes, because all of
 * its bytes are hashed. IPv4 addresses are IPv4-mapped (RFC 4291, 2.5.5.2).
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

/* As whole words, also for those who read them so: a load has to wait for two halves. */
static __always_inline void ipv4_mapped(struct in6_addr *mapped, __be32 addr)
{
	__u64 *words = (__u64 *)mapped;

	words[0] = 0;
	words[1] = (__u64)addr << 32 | bpf_htonl(0xffff);
}

/* What is known about a flow, for those who read about it: the table has it in struct flow. */
struct flow_stats {
	__u64 packets;
	__u64 bytes;
	__u64 first_seen_ns; /* CLOCK_MONOTONIC, as all times here */
	__u64 last_seen_ns;
	__u32 closed;	 /* 1 once FLOW_CLOSED was reported */
	__u32 tcp_flags; /* all flags seen so far */
};
