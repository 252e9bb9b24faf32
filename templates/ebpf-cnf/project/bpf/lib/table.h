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

/*
 * A flow in the table. The position is the index of its set and, in the lower
 * bits, its way. Functions that the verifier looks at on their own hand it on
 * instead of pointers.
 */
struct flow {
	__u64 position;
	struct flow_stats *stats;
	bool new;
};

#define POSITION_NONE	(~0ULL)
#define POSITION_IS_NEW (1ULL << 63)

static __always_inline __u64 position(__u32 index, __u64 way)
{
	return (__u64)index * FLOW_WAYS + (way & (FLOW_WAYS - 1));
}

static __always_inline struct flow_set *set_of(__u64 position)
{
	return set_lookup(position / FLOW_WAYS);
}

/* Finds the tag in a set. */
static __always_inline bool set_find(__u32 index, struct flow_set *set, __u32 tag,
				     struct flow *flow)
{
	__u64 found = 0;

#pragma unroll
	for (int i = 0; i < FLOW_WAYS; i++) {
		__u64 differs = set->tags[i] ^ tag;

		barrier_var(differs);
		/* All ones below zero. The bit above those of i says that there is such a way. */
		found |= (differs - 1) >> 32 & (FLOW_WAYS | i);
	}
	if (!(found & FLOW_WAYS))
		return false;
	flow->position = position(index, found);
	flow->stats = &set->stats[found & (FLOW_WAYS - 1)];
	return true;
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
 * Takes a free place of a set and returns its position. Another CPU may just have
 * done so for the same flow, or for another.
 */
static __noinline __u64 set_claim(__u32 index, __u32 tag)
{
	struct flow_set *set = set_lookup(index);
	__u64 way;
	__u32 found;

	if (!set)
		return POSITION_NONE;
	way = set_used(set);
	if (way >= FLOW_WAYS)
		return POSITION_NONE;
	found = atomic_compare_exchange32(&set->tags[way & (FLOW_WAYS - 1)], TAG_FREE, tag);
	if (found != TAG_FREE && found != tag)
		return POSITION_NONE;
	return position(index, way) | (found == TAG_FREE ? POSITION_IS_NEW : 0);
}

/*
 * The flow of the set that was not seen for longest goes. A CPU that is just
 * adding to it may add to the new one instead: a packet in a full set.
 */
static __noinline __u64 set_replace(__u32 index, __u32 tag)
{
	struct flow_set *set = set_lookup(index);
	__u64 way;
	__u32 old;

	if (!set)
		return POSITION_NONE;
	way = set_oldest(set) & (FLOW_WAYS - 1);
	old = set->tags[way];
	if (old == TAG_BUSY || atomic_compare_exchange32(&set->tags[way], old, TAG_BUSY) != old)
		return POSITION_NONE;
	counter_increment(COUNTER_FLOWS_EVICTED);
	set->stats[way] = (struct flow_stats){};
	atomic_set32(&set->tags[way], tag);
	return position(index, way) | POSITION_IS_NEW;
}

/*
 * A flow whose own set is full is in the set beside it. Only when both are full
 * another flow has to go.
 */
static __always_inline bool flow_find(__u64 hash, struct flow *flow)
{
	__u32 index = flow_home(hash);
	struct flow_set *set = set_lookup(index);
	__u32 tag = flow_tag(hash);

	if (!set)
		return false;
	if (set_find(index, set, tag, flow))
		return true;
	if (set->tags[FLOW_WAYS - 1] == TAG_FREE)
		return false;
	set = set_lookup(index ^ 1);
	return set && set_find(index ^ 1, set, tag, flow);
}

/* A global function: the verifier looks at it once, whoever calls it. */
__noinline __u64 flow_insert(const struct flow_key *key, __u64 hash, __u64 now_ns)
{
	__u32 tag = flow_tag(hash);
	__u32 home = flow_home(hash);
	struct flow_set *set;
	__u64 taken;

	if (!key)
		return POSITION_NONE;
	/* Twice, for a CPU may be faster with another flow. */
	taken = set_claim(home, tag);
	if (taken == POSITION_NONE)
		taken = set_claim(home, tag);
	if (taken == POSITION_NONE)
		taken = set_claim(home ^ 1, tag);
	if (taken == POSITION_NONE)
		taken = set_replace(home, tag);
	if (taken == POSITION_NONE || !(taken & POSITION_IS_NEW))
		return taken;

	set = set_of(taken & ~POSITION_IS_NEW);
	if (set) {
		struct flow_id *id = &set->ids[taken & (FLOW_WAYS - 1)];

		id->key = *key;
		id->first_seen_ns = now_ns;
	}
	counter_increment(COUNTER_FLOWS_INSERTED);
	return taken;
}

/* Returns false when the sets are full and other CPUs are changing them. */
static __always_inline bool flow_get(const struct flow_key *key, __u64 now_ns, struct flow *flow)
{
	__u64 hash = flow_hash(key);
	struct flow_set *set;
	__u64 taken;

	flow->new = false;
	if (flow_find(hash, flow))
		return true;
	taken = flow_insert(key, hash, now_ns);
	if (taken == POSITION_NONE)
		return false;
	flow->new = taken &POSITION_IS_NEW;
	flow->position = taken & ~POSITION_IS_NEW;
	set = set_of(flow->position);
	if (!set)
		return false;
	flow->stats = &set->stats[flow->position & (FLOW_WAYS - 1)];
	return true;
}
