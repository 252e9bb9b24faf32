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
#define HASH_MIX	0xbf58476d1ce4e5b9

/* Read in the halves in which it was stored: a CPU waits for a word that was stored in two. */
static __always_inline __u64 address_word(const struct in6_addr *address, int word)
{
	const volatile __be32 *halves = &address->in6_u.u6_addr32[2 * word];
	__u64 first = halves[0];

	return first | (__u64)halves[1] << 32;
}

/* The port and protocol that clients send to. */
static __always_inline __u64 endpoint_word(const struct flow_key *key)
{
	return key->dport | (__u64)key->protocol << 16;
}

/* A number below limit, from the upper half of a hash: a multiplication instead of a division. */
static __always_inline __u64 hash_below(__u64 hash, __u64 limit)
{
	return (hash >> 32) * limit >> 32;
}

/* Adds the client to what all flows of a service have in common. */
static __always_inline __u64 hash_flow(const struct flow_key *key, __u64 service)
{
	__u64 sum = service + address_word(&key->saddr, 0) * HASH_SADDR_HIGH +
		    address_word(&key->saddr, 1) * HASH_SADDR_LOW + key->sport * HASH_SPORT;

	sum = (sum ^ sum >> 32) * HASH_MIX;
	return sum ^ sum >> 32;
}
