// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

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

static __always_inline __u32 generation_half(__u64 current)
{
	return current & 1;
}

struct service {
	struct in6_addr address;
	__be16 port;
	__u16 protocol;
	__u32 id; /* from 1, 0 for an empty slot */
};

/* Slots in one half, and services that there may be at most: user space sets both. */
const volatile __u32 service_slots = 1024;
const volatile __u32 max_services = 64;

/*
 * User space tries salts until no two services share a slot, so one comparison
 * settles whether a packet is for a service.
 * Key: half * service_slots + slot.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2 * 1024);
	__type(key, __u32);
	__type(value, struct service);
} services SEC(".maps");

static __always_inline bool service_is_for(const struct service *service,
					   const struct flow_key *key)
{
	return address_word(&service->address, 1) == address_word(&key->daddr, 1) &&
	       address_word(&service->address, 0) == address_word(&key->daddr, 0) &&
	       service->port == key->dport && service->protocol == key->protocol;
}

static __always_inline const struct service *service_find(const struct flow_key *key, __u64 current,
							  __u64 hash)
{
	__u64 slot = hash_below(hash_mix(hash + (current >> 1)), service_slots);
	const struct service *service =
		array_lookup(&services, generation_half(current) * service_slots + slot);

	if (!service || !service->id || !service_is_for(service, key))
		return NULL;
	return service;
}
