// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

#include <linux/types.h>

#include "lib/flow.h"

/*
 * One hash of a packet's addresses, ports and protocol serves all tables. Each
 * word of the key is multiplied by an odd constant of its own and the products
 * are added up, which takes a CPU no longer than one multiplication; then the sum
 * is mixed. Mixing has an inverse, and so has every product: two IPv4 clients of
 * one service never have the same 64 bits. internal/balancer/hash.go does the same.
 */
#define HASH_DADDR_HIGH 0x9e3779b97f4a7c15
#define HASH_DADDR_LOW	0xd1b54a32d192ed03
#define HASH_ENDPOINT	0xaef17502108ef2d9
#define HASH_SADDR_HIGH 0x8cb92ba72f3d8dd7
#define HASH_SADDR_LOW	0xabc98388fb8fac03
#define HASH_SPORT	0x8a5cd789635d2dff
#define HASH_MIX_FIRST	0xbf58476d1ce4e5b9
#define HASH_MIX_SECOND 0x94d049bb133111eb

/* Halves are read one by one: together they would have to wait for both stores of ipv4_mapped. */
static __always_inline __u64 address_word(const struct in6_addr *address, int word)
{
	const __be32 *halves = &address->in6_u.u6_addr32[2 * word];

	return halves[0] | (__u64)halves[1] << 32;
}

static __always_inline __u64 hash_mix(__u64 sum)
{
	sum = (sum ^ sum >> 30) * HASH_MIX_FIRST;
	sum = (sum ^ sum >> 27) * HASH_MIX_SECOND;
	return sum ^ sum >> 31;
}

/* The part that all flows of a service have in common, not mixed yet. */
static __always_inline __u64 hash_service(const struct flow_key *key)
{
	return address_word(&key->daddr, 0) * HASH_DADDR_HIGH +
	       address_word(&key->daddr, 1) * HASH_DADDR_LOW +
	       (key->dport | (__u64)key->protocol << 16) * HASH_ENDPOINT;
}

static __always_inline __u64 hash_flow(const struct flow_key *key, __u64 service)
{
	return hash_mix(service + address_word(&key->saddr, 0) * HASH_SADDR_HIGH +
			address_word(&key->saddr, 1) * HASH_SADDR_LOW + key->sport * HASH_SPORT);
}

/* A number below limit, from the upper half of a hash: a multiplication instead of a division. */
static __always_inline __u64 hash_below(__u64 hash, __u32 limit)
{
	return (hash >> 32) * limit >> 32;
}
