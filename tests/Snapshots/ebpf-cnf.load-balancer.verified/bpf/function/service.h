// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

#include <stdbool.h>

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "lib/flow.h"
#include "lib/totals.h"
#include "function/hash.h"

/*
 * The configuration is kept twice. Packets use one half of the tables while user
 * space writes the other, and this word tells which: its lowest bit is the half, and
 * the bits above are the salt of that half's service table. A packet reads it once,
 * so it sees one configuration and never a mix. 0 means that there is no service.
 */
volatile __u64 generation;

static __always_inline __u64 generation_half(__u64 current)
{
	return current & 1;
}

struct service {
	__u64 address[2];
	__u64 endpoint;
	__u64 id; /* from 1, 0 for an empty slot */
};

/* Slots in one half, as a power of two; user space sets it. */
const volatile __u32 service_bits = 10;

/*
 * User space tries salts until no two services share a slot, so one comparison
 * settles whether a packet is for a service.
 * Key: half << service_bits | slot.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2 << 10);
	__type(key, __u32);
	__type(value, struct service);
} services SEC(".maps");

/* The service that a packet is for. */
struct match {
	__u64 id;  /* 0 for none */
	__u64 sum; /* for hash_flow */
};

static __always_inline struct match service_find(const struct flow_key *key, __u64 current)
{
	__u64 high = address_word(&key->daddr, 0);
	__u64 low = address_word(&key->daddr, 1);
	__u64 endpoint = endpoint_word(key);
	__u64 sum = high * HASH_DADDR_HIGH + low * HASH_DADDR_LOW + endpoint * HASH_ENDPOINT;
	__u64 slot = sum * (current | 1) >> (64 - service_bits);
	const struct service *service =
		array_lookup(&services, generation_half(current) << service_bits | slot);

	if (!service || service->endpoint != endpoint || service->address[1] != low ||
	    service->address[0] != high)
		return (struct match){};
	return (struct match){ service->id, sum };
}
