// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

#include <stdbool.h>

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "lib/atomic.h"
#include "lib/flow.h"
#include "lib/totals.h"

/*
 * The flow table: an array of sets, each with places for a few flows. A hash of
 * its key names a flow's set and, as a tag, the flow in it. The kernel's hash
 * tables do the same behind a helper call, and take several times as long.
 *
 * All CPUs share the table and take no lock. A flow begins when a CPU puts the
 * tag into the first free place with compare-and-exchange; a CPU that sees the
 * same flow at the same time comes to the same place and finds the tag there.
 * Whoever has a place adds to it atomically. Flows only go when another takes
 * their place, so the free places of a set are always its last ones.
 *
 * Tags stand for the keys, which are there for the reader only. In a table with
 * a million flows, two of them count as one with a probability of 0.1 %. Hashes
 * depend on a secret, so that nobody can bring that about.
 *
 * Which way a flow has is worked out without branches: the CPU could not foresee
 * them, and without CAP_PERFMON the verifier refuses to add to a map pointer
 * what differs from path to path.
 */
#define FLOW_WAYS 16

enum flow_tag {
	TAG_FREE,
	TAG_BUSY, /* one flow has gone, the next is not there yet */
	TAG_FIRST,
};

const enum flow_tag *export_flow_tag __hidden;

/* What every packet changes is apart from the rest, and in as few cache lines as possible. */
struct flow_set {
	__u32 tags[FLOW_WAYS];
	struct flow_stats stats[FLOW_WAYS];
	struct flow_id ids[FLOW_WAYS];
};

/*
 * User space sets the number of sets, which is even, before it loads the table:
 * see table.go. Memory that can be mapped begins at a page, and so at a cache line.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 8192);
	__type(key, __u32);
	__type(value, struct flow_set);
} flows SEC(".maps");

const volatile __u32 flow_sets = 8192;

/* User space clears it when no flow table is wanted; then accounting costs nothing. */
const volatile bool flows_enabled = true;

/* A map of its own, because it has to live as long as the table. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64[2]);
} flow_secret SEC(".maps");

static __always_inline __u64 hash_word(__u64 hash, __u64 word)
{
	hash = (hash ^ word) * 0x9fb21c651e98df25;
	return hash ^ hash >> 32;
}

/* Two chains, because a multiplication has to wait for the one before it. */
static __always_inline __u64 flow_hash(const struct flow_key *key)
{
	const __u64 *words = (const void *)key;
	const __u64 *secret = array_lookup(&flow_secret, 0);
	__u64 a, b;

	if (!secret)
		return 0;
	a = hash_word(hash_word(secret[0], words[0]), words[1]);
	b = hash_word(hash_word(secret[1], words[2]), words[3]);
	return hash_word(hash_word(a, words[4]), b);
}

static __always_inline __u32 flow_tag(__u64 hash)
{
	__u32 tag = hash;

	return tag < TAG_FIRST ? tag + TAG_FIRST : tag;
}

static __always_inline __u32 flow_home(__u64 hash)
{
	return (hash >> 32) * flow_sets >> 32;
}

static __always_inline struct flow_set *set_lookup(__u32 index)
{
	return array_lookup(&flows, index);
}

/* A place in the table. */
struct flow {
	struct flow_set *set;
	__u64 way;
	bool new; /* nothing is counted there yet */
};

static __always_inline struct flow_stats *flow_stats(const struct flow *flow)
{
	return &flow->set->stats[flow->way & (FLOW_WAYS - 1)];
}

static __always_inline struct flow_id *flow_id(const struct flow *flow)
{
	return &flow->set->ids[flow->way & (FLOW_WAYS - 1)];
}

static __always_inline __u32 *flow_tag_place(const struct flow *flow)
{
	return &flow->set->tags[flow->way & (FLOW_WAYS - 1)];
}

/* Finds the tag in the set. */
static __always_inline bool set_find(struct flow_set *set, __u32 tag, struct flow *flow)
{
	__u64 found = 0;

#pragma unroll
	for (int i = 0; i < FLOW_WAYS; i++) {
		__u64 differs = set->tags[i] ^ tag;

		barrier_var(differs);
		/* All ones below zero. The bit above those of i says that there is such a way. */
		found |= (differs - 1) >> 32 & (FLOW_WAYS | i);
	}
	flow->set = set;
	flow->way = found;
	return found & FLOW_WAYS;
}

/* The number of ways that are taken, which is the first free one. */
static __always_inline __u64 set_used(const struct flow_set *set)
{
	__u64 used = 0;

#pragma unroll
	for (int i = 0; i < FLOW_WAYS; i++) {
		__u64 tag = set->tags[i];

		barrier_var(tag);
		used += (tag + 0xffffffff) >> 32;
	}
	return used;
}

/* Takes a free place. Another CPU may just have done so for the same flow, or for another. */
static __always_inline bool set_claim(struct flow_set *set, __u32 tag, struct flow *flow)
{
#pragma unroll
	for (int attempt = 0; attempt < 2; attempt++) {
		__u32 found;

		flow->set = set;
		flow->way = set_used(set);
		if (flow->way >= FLOW_WAYS)
			return false;
		found = atomic_compare_exchange32(flow_tag_place(flow), TAG_FREE, tag);
		flow->new = found == TAG_FREE;
		if (flow->new || found == tag)
			return true;
	}
	return false;
}

static __always_inline __u64 set_oldest(const struct flow_set *set)
{
	__u64 oldest = set->stats[0].last_seen_ns;
	__u64 way = 0;

#pragma unroll
	for (int i = 1; i < FLOW_WAYS; i++) {
		__u64 difference = set->stats[i].last_seen_ns - oldest;
		/* 1 if it is negative. Times have no highest bit for 292 years. */
		__u64 older = difference >> 63;

		barrier_var(older);
		oldest += difference * older;
		way += (i - way) * older;
	}
	return way;
}

/*
 * The flow of the set that was not seen for longest goes. A CPU that is just
 * adding to it may add to the new one instead: a packet in a full set.
 */
static __always_inline bool set_replace(struct flow_set *set, __u32 tag, struct flow *flow)
{
	__u32 *place;
	__u32 old;

	flow->set = set;
	flow->way = set_oldest(set);
	flow->new = true;
	place = flow_tag_place(flow);
	old = *place;
	if (old == TAG_BUSY || atomic_compare_exchange32(place, old, TAG_BUSY) != old)
		return false;
	counter_increment(COUNTER_FLOWS_EVICTED);
	*flow_stats(flow) = (struct flow_stats){};
	atomic_set32(place, tag);
	return true;
}

/*
 * A flow whose own set is full is in the set beside it. Only when both are full
 * another flow has to go.
 */
static __always_inline bool flow_find(__u64 hash, struct flow *flow)
{
	struct flow_set *set = set_lookup(flow_home(hash));
	__u32 tag = flow_tag(hash);

	if (!set)
		return false;
	if (set_find(set, tag, flow))
		return true;
	if (set->tags[FLOW_WAYS - 1] == TAG_FREE)
		return false;
	set = set_lookup(flow_home(hash) ^ 1);
	return set && set_find(set, tag, flow);
}

static __always_inline bool flow_insert(__u64 hash, struct flow *flow)
{
	struct flow_set *home = set_lookup(flow_home(hash));
	struct flow_set *beside = set_lookup(flow_home(hash) ^ 1);
	__u32 tag = flow_tag(hash);

	if (!home || !beside)
		return false;
	return set_claim(home, tag, flow) || set_claim(beside, tag, flow) ||
	       set_replace(home, tag, flow);
}

/* Returns false when the sets are full and other CPUs are changing them. */
static __always_inline bool flow_get(const struct flow_key *key, __u64 now_ns, struct flow *flow)
{
	__u64 hash = flow_hash(key);

	flow->new = false;
	if (flow_find(hash, flow))
		return true;
	if (!flow_insert(hash, flow))
		return false;
	if (flow->new) {
		flow_id(flow)->key = *key;
		flow_id(flow)->first_seen_ns = now_ns;
		counter_increment(COUNTER_FLOWS_INSERTED);
	}
	return true;
}
