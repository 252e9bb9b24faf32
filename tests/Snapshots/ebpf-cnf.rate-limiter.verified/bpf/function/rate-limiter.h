// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

#include <stdbool.h>

#include <linux/in.h>
#include <bpf/bpf_endian.h>

#include "lib/context.h"
#include "lib/packet.h"
#include "lib/verdict.h"
#include "function/bucket.h"
#include "function/lease.h"
#include "function/limit.h"

/* RFC 4861: router and neighbour solicitations and advertisements, and redirects. */
#define ICMPV6_ROUTER_SOLICITATION 133
#define ICMPV6_REDIRECT		   137

/* Without ARP and neighbour discovery nobody could reach a host whose bucket is empty. */
static __always_inline bool finds_neighbours(const struct packet *pkt, enum reason reason)
{
	__u8 type = bpf_ntohs(pkt->key.dport) >> 8;

	if (reason == REASON_NOT_IP)
		return true;
	return pkt->key.protocol == IPPROTO_ICMPV6 && type >= ICMPV6_ROUTER_SOLICITATION &&
	       type <= ICMPV6_REDIRECT;
}

/* Adds a word of a key to a hash, one to one: for each hash, other words give other hashes. */
static __always_inline __u64 hash_add(__u64 hash, __u64 word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15;
	return hash ^ hash >> 32;
}

/* Read in the parts in which it was stored: a CPU waits for a word that was stored in two. */
static __always_inline __u64 address_half(const struct in6_addr *address, int half)
{
	const volatile __u32 *parts = &address->in6_u.u6_addr32[2 * half];

	return parts[0] | (__u64)parts[1] << 32;
}

static __always_inline __u64 hash_source(__u64 hash, const struct in6_addr *saddr,
					 const struct limit *limit)
{
	const volatile __u32 *parts = saddr->in6_u.u6_addr32;

	if (parts[2] == bpf_htonl(0xffff) && !parts[1] && !parts[0])
		return hash_add(hash, parts[3] & limit->ipv4_mask);
	hash = hash_add(hash, address_half(saddr, 0) & limit->ipv6_mask[0]);
	return hash_add(hash, address_half(saddr, 1) & limit->ipv6_mask[1]);
}

static __always_inline __u64 hash_flow(__u64 hash, const struct flow_key *key)
{
	hash = hash_add(hash, address_half(&key->saddr, 0));
	hash = hash_add(hash, address_half(&key->saddr, 1));
	hash = hash_add(hash, address_half(&key->daddr, 0));
	hash = hash_add(hash, address_half(&key->daddr, 1));
	return hash_add(hash, key->sport | key->dport << 16 | (__u64)key->protocol << 32);
}

/* Each direction has buckets of its own. The last multiplication mixes the last word. */
static __always_inline __u64 bucket_key(const struct packet *pkt, const struct limit *limit,
					__u32 ifindex)
{
	__u64 hash = limit->seed + pkt->key.direction;

	if (limit->per_interface)
		hash = hash_add(hash, ifindex);
	else if (limit->per_flow)
		hash = hash_flow(hash, &pkt->key);
	else
		hash = hash_source(hash, &pkt->key.saddr, limit);
	return hash_add(hash, 0);
}

/* For a bucket that other CPUs take from, too. */
static __always_inline bool take_with_others(struct bucket *bucket, __u64 key, __u64 clock,
					     __u64 burst, __u64 cost)
{
	struct lease *lease = lease_find(key);
	__u64 charge = cost;
	__s64 tokens;

	if (!lease || lease_take(lease, key, cost))
		return true;
	tokens = bucket_tokens(bucket, clock);
	if (tokens <= 0)
		return false;
	/* No lease as long as the one that had the bucket alone may not know: see bucket_take(). */
	if (bucket->cpu == SEVERAL_CPUS)
		charge = lease_renew(lease, key, tokens, burst, cost);
	bucket->cpu = SEVERAL_CPUS;
	bucket_take(bucket, clock, burst, tokens, charge, false);
	return true;
}

/*
 * A function of its own, because the verifier would look at all of it again for every way
 * through the parser: without CAP_PERFMON, Linux 6.1 takes minutes for that.
 */
__noinline int within_limit(const struct packet *pkt, const struct limit *limit, __u64 cost,
			    __u32 ifindex)
{
	struct bucket *bucket;
	__u64 clock, burst, key;
	__s64 tokens;

	if (!pkt || !limit)
		return true;
	clock = limit_clock(limit);
	burst = limit->burst;
	key = bucket_key(pkt, limit, ifindex);
	bucket = bucket_find(key, clock, burst);
	if (!bucket)
		return true;
	if (bucket->cpu != bpf_get_smp_processor_id())
		return take_with_others(bucket, key, clock, burst, cost);
	tokens = bucket_tokens(bucket, clock);
	if (tokens <= 0)
		return false;
	bucket_take(bucket, clock, burst, tokens, cost, true);
	return true;
}

/*
 * What the parser objects to is limited as well, so that nobody gets around the limit that
 * way. A packet whose address could not be read has the address :: here.
 */
static __always_inline enum verdict decide(void *ctx, struct packet *pkt, enum reason *reason)
{
	const struct limit *limit = limit_now();

	if (!limit || !limit->burst || finds_neighbours(pkt, *reason))
		return VERDICT_PASS;
	if (within_limit(pkt, limit, limit->count_bytes ? pkt->length : packet_segments(ctx),
			 limit->per_interface ? packet_ifindex(ctx) : 0))
		return VERDICT_PASS;
	*reason = REASON_RATE_EXCEEDED;
	return VERDICT_DROP;
}
