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
 * tables do the same behind helper calls, and take several times as long.
 *
 * A flow goes to its home set, or, when that is nearly full, to another one if that
 * has more room. Hashes fill sets unevenly, but with this choice no set gets full
 * while half of all places are free, as they are in a table with the flows that it is
 * made for. Beyond that a flow replaces the one of its home that was not seen for
 * longest.
 *
 * All CPUs share the table and take no lock. A flow begins when a CPU puts its tag
 * into the first free place by compare-and-exchange; a CPU that sees the same flow
 * at the same time comes to the same place and finds the tag there. Whoever has a
 * place adds to it atomically. Flows only go when another takes their place, so the
 * free places of a set are always its last ones.
 *
 * Tags stand for the keys, which are there for the reader only: that two of a million
 * flows count as one has a probability of 0.3 %. Hashes depend on a secret, so
 * that nobody can bring it about.
 *
 * Sets are searched without branches, which a CPU could not foresee and of which the
 * verifier would follow every combination. What is rare is in global functions:
 * these it looks at on their own.
 */
#define FLOW_WAYS	 16
#define FLOW_NEARLY_FULL 12

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

/* Memory that can be mapped begins at a page, and so at a cache line. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 8192);
	__type(key, __u32);
	__type(value, struct flow_set);
} flows SEC(".maps");

/* User space sets these before it loads the table, whose size is a power of two: see table.go. */
const volatile __u64 flow_set_mask = 8191;
const volatile __u64 flow_secret[2];

/* User space clears it when no flow table is wanted; then accounting costs nothing. */
const volatile bool flows_enabled = true;

static __always_inline __u64 hash_word(__u64 hash, __u64 word)
{
	hash = (hash ^ word) * 0x9fb21c651e98df25;
	return hash ^ hash >> 32;
}

/* Two chains, because a multiplication has to wait for the one before it. */
static __always_inline __u64 flow_hash(const struct flow_key *key)
{
	const __u64 *words = (const void *)key;
	__u64 a = hash_word(hash_word(flow_secret[0], words[0]), words[1]);
	__u64 b = hash_word(hash_word(flow_secret[1], words[2]), words[3]);

	return hash_word(hash_word(a, words[4]), b);
}

static __always_inline __u32 flow_tag(__u64 hash)
{
	__u32 tag = hash;

	return tag < TAG_FIRST ? tag + TAG_FIRST : tag;
}

static __always_inline __u64 flow_home(__u64 hash)
{
	return hash >> 32 & flow_set_mask;
}

/* Another set than home, unless there is only one. */
static __always_inline __u64 flow_alternative(__u64 hash)
{
	return flow_home(hash) ^ ((hash >> 8 | 1) & flow_set_mask);
}

static __always_inline struct flow_set *set_lookup(__u64 index)
{
	return array_lookup(&flows, index);
}

/*
 * Where a flow is in the table: the index of its set and, in the lower bits, its
 * way. Global functions hand it on, who cannot do so with pointers.
 */
#define PLACE_NONE   (~0ULL)
#define PLACE_IS_NEW (1ULL << 63)

static __always_inline __u64 place(__u64 index, __u64 way)
{
	return index * FLOW_WAYS + (way & (FLOW_WAYS - 1));
}

static __always_inline struct flow_set *place_set(__u64 place)
{
	return set_lookup((place & ~PLACE_IS_NEW) / FLOW_WAYS);
}

#define WAY_FOUND 32

/* The way with the tag, with WAY_FOUND, or 0. */
static __always_inline __u64 set_find(const struct flow_set *set, __u32 tag)
{
	__u64 found = 0;

#pragma unroll
	for (int i = 0; i < FLOW_WAYS; i++) {
		__u64 differs = set->tags[i] ^ tag;

		barrier_var(differs);
		/* All ones below zero. */
		found |= (differs - 1) >> 32 & (WAY_FOUND | i);
	}
	return found;
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

/* Both. A tag that comes between the two is found, or not before the first free way. */
__noinline __u64 set_look(__u64 index, __u32 tag)
{
	struct flow_set *set = set_lookup(index);
	__u64 used, found;

	if (!set)
		return 0;
	used = set_used(set);
	found = set_find(set, tag);
	return found ? found : used;
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

/* Takes a free place if it is still free, and returns the tag that was there. */
__noinline __u64 flow_claim(__u64 index, __u64 way, __u32 tag)
{
	struct flow_set *set = set_lookup(index);

	if (!set)
		return TAG_BUSY;
	return atomic_compare_exchange32(&set->tags[way & (FLOW_WAYS - 1)], TAG_FREE, tag);
}

/*
 * Takes the place of the flow that was not seen for longest. A CPU that is just
 * adding to that one may add to the new one instead.
 */
__noinline __u64 flow_replace(__u64 index, __u32 tag)
{
	struct flow_set *set = set_lookup(index);
	__u64 way;
	__u32 old;

	if (!set)
		return PLACE_NONE;
	way = set_oldest(set) & (FLOW_WAYS - 1);
	old = set->tags[way];
	if (old == TAG_BUSY || atomic_compare_exchange32(&set->tags[way], old, TAG_BUSY) != old)
		return PLACE_NONE;
	set->ids[way].first_seen_ns = 0;
	set->stats[way] = (struct flow_stats){};
	atomic_exchange32(&set->tags[way], tag);
	counter_increment(COUNTER_FLOWS_EVICTED);
	return place(index, way) | PLACE_IS_NEW;
}

/* Returns the place of the flow, or PLACE_NONE. */
__noinline __u64 flow_find(__u64 hash)
{
	__u64 index = flow_home(hash);
	__u64 way = set_look(index, flow_tag(hash));

	if (way & WAY_FOUND)
		return place(index, way);
	index = flow_alternative(hash);
	way = set_look(index, flow_tag(hash));
	return way & WAY_FOUND ? place(index, way) : PLACE_NONE;
}

/* The same for a flow that may be new. Returns PLACE_NONE if another CPU was faster with another
 * flow. */
__noinline __u64 flow_take(__u64 hash)
{
	__u32 tag = flow_tag(hash);
	__u64 index = flow_home(hash);
	__u64 other = flow_alternative(hash);
	__u64 way = set_look(index, tag);
	__u64 elsewhere = set_look(other, tag);
	__u32 found;

	if (way & WAY_FOUND)
		return place(index, way);
	if (elsewhere & WAY_FOUND)
		return place(other, elsewhere);

	if (way >= FLOW_NEARLY_FULL && elsewhere < way) {
		index = other;
		way = elsewhere;
	}
	if (way == FLOW_WAYS)
		return flow_replace(index, tag);
	found = flow_claim(index, way, tag);
	if (found == TAG_FREE)
		return place(index, way) | PLACE_IS_NEW;
	return found == tag ? place(index, way) : PLACE_NONE;
}

/* Says whose the place is. Readers look at the time first: it is written last. */
__noinline int flow_name(__u64 place, const struct flow_key *key, __u64 now)
{
	struct flow_set *set = place_set(place);
	struct flow_id *id;

	if (!set || !key)
		return 0;
	id = &set->ids[place & (FLOW_WAYS - 1)];
	id->key = *key;
	atomic_exchange(&id->first_seen_ns, now);
	counter_increment(COUNTER_FLOWS_INSERTED);
	return 0;
}

/* Returns the place of a flow that may be new, with PLACE_IS_NEW if it is. */
static __always_inline __u64 flow_get(const struct flow_key *key, __u64 hash, __u64 now)
{
	__u64 place = flow_take(hash);

	if (place == PLACE_NONE)
		place = flow_take(hash);
	if (place != PLACE_NONE && place & PLACE_IS_NEW)
		flow_name(place, key, now);
	return place;
}
