// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

#include <stdbool.h>

#include <linux/bpf.h>
#include <linux/in.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "lib/packet.h"
#include "lib/totals.h"
#include "function/hash.h"

/*
 * The connections that rules have allowed, whose replies pass.
 *
 * The table is a fixed number of buckets with eight places each. The states of a
 * bucket share a cache line: a state has 28 bits of the connection's hash, the
 * time when it expires, and flags. The full key is beside, in an array of its
 * own, and always compared. Of a full bucket, the connection that would expire
 * first makes room: attempts to connect expire soon, so a flood of them pushes
 * out each other and not what is established.
 *
 * All CPUs share the table, without a lock. Two of them may write to one place at
 * once and leave key and state of different connections; their hashes differ, so
 * that this matches no packet. The packet is then judged by the rules as if the
 * connection were new, and puts it in order again.
 */

#define BUCKET_PLACES 8

struct connection_bucket {
	__u64 states[BUCKET_PLACES];
};

/* As the packet that opened the connection had it. */
struct connection_key {
	__u64 source[2];
	__u64 dest[2];
	__u64 ports; /* source port, destination port, protocol, policy generation */
};

enum connection_flag {
	CONNECTION_REPLIED = 1, /* the other side has answered */
	CONNECTION_OPENING = 2, /* TCP: only a SYN was seen, and only SYN+ACK or RST answers it */
	CONNECTION_CLOSING = 4, /* TCP: a FIN was seen */
	CONNECTION_RESET = 8,	/* TCP: a RST was seen */
	CONNECTION_EGRESS = 16, /* it was opened by an outgoing packet */
};

#define STATE_EXPIRY_SHIFT 5
#define STATE_EXPIRY_MASK  0x7fffffff
#define STATE_HASH_SHIFT   36
#define STATE_FLAGS	   0x1f

#define PORTS_BITS	 40
#define PORTS_MASK	 ((1ULL << PORTS_BITS) - 1)
#define PORTS_GENERATION PORTS_BITS

/* Times are in units of 256 jiffies, because reading jiffies costs nothing. */
#define JIFFIES_SHIFT 8

/*
 * User space sets these for the size of the table and for the kernel's HZ. The
 * seed stays the same until the machine boots, as pinned connections do.
 */
const volatile __u32 connection_bucket_mask = 0;
const volatile __u64 connection_seed = 0;
const volatile __u32 timeout_tcp_opening = 30;
const volatile __u32 timeout_tcp_established = 7440;
const volatile __u32 timeout_tcp_closing = 120;
const volatile __u32 timeout_tcp_reset = 10;
const volatile __u32 timeout_unreplied = 30;
const volatile __u32 timeout_replied = 180;

/* Memory that can be mapped begins at a page, so that a bucket is a cache line. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct connection_bucket);
} connections SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, BUCKET_PLACES);
	__type(key, __u32);
	__type(value, struct connection_key);
} connection_keys SEC(".maps");

/* Where the connection of a packet is, from both ends alike. */
struct connection_place {
	__u64 hash;
	__u32 bucket;
};

static __always_inline __u32 connection_clock(void)
{
	return bpf_jiffies64() >> JIFFIES_SHIFT & STATE_EXPIRY_MASK;
}

static __always_inline bool is_icmp(const struct packet *pkt)
{
	return pkt->key.protocol == IPPROTO_ICMP || pkt->key.protocol == IPPROTO_ICMPV6;
}

static __always_inline __u8 icmp_type(const struct packet *pkt)
{
	return bpf_ntohs(pkt->key.dport) >> 8;
}

#define ICMP_ECHO_REPLY	    0
#define ICMP_ECHO_REQUEST   8
#define ICMPV6_ECHO_REQUEST 128
#define ICMPV6_ECHO_REPLY   129

static __always_inline bool is_echo_request(const struct packet *pkt)
{
	return icmp_type(pkt) ==
	       (pkt->key.protocol == IPPROTO_ICMP ? ICMP_ECHO_REQUEST : ICMPV6_ECHO_REQUEST);
}

static __always_inline bool is_echo_reply(const struct packet *pkt)
{
	return icmp_type(pkt) ==
	       (pkt->key.protocol == IPPROTO_ICMP ? ICMP_ECHO_REPLY : ICMPV6_ECHO_REPLY);
}

/* Later fragments lack ports, and other ICMP messages have no replies. */
static __always_inline bool connection_possible(const struct packet *pkt)
{
	if (pkt->fragment == FRAGMENT_LATER)
		return false;
	return !is_icmp(pkt) || is_echo_request(pkt) || is_echo_reply(pkt);
}

static __always_inline __u64 connection_ports(const struct packet *pkt, __be16 source, __be16 dest)
{
	__u64 protocol = (__u64)pkt->key.protocol << 32;

	return is_icmp(pkt) ? protocol : protocol | (__u64)dest << 16 | source;
}

static __always_inline __u64 endpoint_hash(const __u64 *address, __be16 port)
{
	return address_hash(address[0] ^ connection_seed ^ port, address[1]);
}

/*
 * The sum is the same for both directions. Echoes count the end that asks twice,
 * because both may ask at once.
 */
static __always_inline struct connection_place connection_place(const struct packet *pkt)
{
	__u64 source, dest, hash;

	if (is_icmp(pkt)) {
		source = endpoint_hash((const __u64 *)&pkt->key.saddr, 0);
		dest = endpoint_hash((const __u64 *)&pkt->key.daddr, 0);
		hash = source + dest + (is_echo_request(pkt) ? source : dest);
	} else {
		source = endpoint_hash((const __u64 *)&pkt->key.saddr, pkt->key.sport);
		dest = endpoint_hash((const __u64 *)&pkt->key.daddr, pkt->key.dport);
		hash = source + dest;
	}
	hash = (hash ^ hash >> 29 ^ connection_seed ^ pkt->key.protocol) * 0x94d049bb133111eb;
	hash ^= hash >> 32;
	/* 1: no connection has the hash of an empty place. */
	return (struct connection_place){ hash >> STATE_HASH_SHIFT | 1,
					  hash & connection_bucket_mask };
}

static __always_inline bool key_is_forward(const struct connection_key *key,
					   const struct packet *pkt)
{
	const __u64 *source = (const __u64 *)&pkt->key.saddr;
	const __u64 *dest = (const __u64 *)&pkt->key.daddr;

	return key->source[0] == source[0] && key->source[1] == source[1] &&
	       key->dest[0] == dest[0] && key->dest[1] == dest[1] &&
	       (key->ports & PORTS_MASK) == connection_ports(pkt, pkt->key.sport, pkt->key.dport);
}

static __always_inline bool key_is_reverse(const struct connection_key *key,
					   const struct packet *pkt)
{
	const __u64 *source = (const __u64 *)&pkt->key.saddr;
	const __u64 *dest = (const __u64 *)&pkt->key.daddr;

	return key->source[0] == dest[0] && key->source[1] == dest[1] &&
	       key->dest[0] == source[0] && key->dest[1] == source[1] &&
	       (key->ports & PORTS_MASK) == connection_ports(pkt, pkt->key.dport, pkt->key.sport);
}

static __always_inline __u32 connection_timeout(const struct packet *pkt, __u32 flags)
{
	if (pkt->key.protocol != IPPROTO_TCP)
		return flags & CONNECTION_REPLIED ? timeout_replied : timeout_unreplied;
	if (flags & CONNECTION_RESET)
		return timeout_tcp_reset;
	if (flags & CONNECTION_CLOSING)
		return timeout_tcp_closing;
	return flags & CONNECTION_REPLIED ? timeout_tcp_established : timeout_tcp_opening;
}

static __always_inline __u64 connection_state(const struct packet *pkt, __u64 hash, __u32 flags,
					      __u32 now)
{
	__u64 expiry = now + connection_timeout(pkt, flags) & STATE_EXPIRY_MASK;

	return hash << STATE_HASH_SHIFT | expiry << STATE_EXPIRY_SHIFT | flags;
}

static __always_inline bool state_is_alive(__u64 state, __u32 now)
{
	return (state >> STATE_EXPIRY_SHIFT & STATE_EXPIRY_MASK) > now;
}

struct connection_found {
	__u64 state;
	__u64 place;
};

/*
 * The state with this hash, or else the one that expires first. It is worked out
 * without branches, which a CPU could not foresee and of which the verifier would
 * follow every combination.
 */
static __always_inline struct connection_found bucket_find(const struct connection_bucket *bucket,
							   __u64 hash)
{
	struct connection_found found = {};
	__u64 first = 0;

#pragma unroll
	for (int i = 0; i < BUCKET_PLACES; i++) {
		__u64 state = bucket->states[i];
		/* 1 if they are the same: of the numbers that fit in here, only 0 has a borrow. */
		__u64 same = ((state >> STATE_HASH_SHIFT ^ hash) - 1) >> 63;
		__u64 expiry = (state >> STATE_EXPIRY_SHIFT & STATE_EXPIRY_MASK) + 1;
		__u64 better;

		barrier_var(same);
		expiry &= same - 1;
		/* 1 if it is less: expiries have 31 bits. */
		better = (expiry - first) >> 63 | (i == 0);
		barrier_var(better);
		first ^= (first ^ expiry) & -better;
		found.state ^= (found.state ^ state) & -better;
		found.place ^= (found.place ^ i) & -better;
	}
	return found;
}

/*
 * A pointer that moves by a variable would make Linux 6.1 verify several times as
 * much, for it then takes no two states of a program for alike.
 */
static __always_inline void bucket_store(struct connection_bucket *bucket, __u64 place, __u64 state)
{
#pragma unroll
	for (int i = 0; i < BUCKET_PLACES; i++) {
		if (place == i)
			bucket->states[i] = state;
	}
}
