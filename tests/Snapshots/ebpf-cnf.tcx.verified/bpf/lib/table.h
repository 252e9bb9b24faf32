// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

#include <stdbool.h>

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "lib/atomic.h"
#include "lib/flow.h"
#include "lib/percpu.h"
#include "lib/totals.h"

/*
 * The flow table: an array with at least two places for each flow that it is made
 * for. A hash of its key tells where a flow has to be looked for: at the places of
 * one group of four after the other, up to the first one that is free. Places do
 * not get free again, so the flow cannot be behind that. Three flows of four are
 * at their first place, where a packet finds all that it changes in one cache
 * line. The kernel's tables need several, and a helper call that costs more than
 * all else that is done for a packet.
 *
 * In a table with as many flows as it is made for, less than one of 10^7 finds all
 * its places taken. Such a flow takes the place of the one in its first group that
 * was not seen for longest.
 *
 * All CPUs share the table and take no lock. A flow begins when a CPU writes its
 * tag to a free place by compare-and-exchange; a CPU that sees the same flow at
 * the same time tries the same place and finds the tag there. The CPU where a flow
 * began owns the counts beside the tag, others add to theirs atomically.
 *
 * The tag is a part of the hash and stands for the key, which is there for the
 * reader only: that any two of a million flows count as one has a probability of
 * 0.1 %. Hashes depend on a secret, so that nobody can bring it about.
 */
#define FLOW_GROUP  4
#define FLOW_PROBES 32

enum reserved_tag {
	TAG_FREE,
	TAG_BUSY, /* one flow has gone, the next is not there yet */
	TAG_FIRST,
};

const enum reserved_tag *export_reserved_tag __hidden;

/* Small, so that many share a page: address translation may take longer than all else. */
struct flow {
	__u32 tag;
	__u16 owner;	/* number of the CPU plus 1 */
	__u8 closed;	/* 1 once FLOW_CLOSED was reported */
	__u8 tcp_flags; /* all flags seen so far */
	__u64 packets;	/* that the owner has seen */
	__u64 bytes;
	__u64 last_seen; /* in jiffies: the verifier puts a load in the place of that call */
};

struct flow_detail {
	struct flow_key key;
	__u64 first_seen_ns;  /* CLOCK_MONOTONIC, 0 until all else is there */
	__u64 others_packets; /* that other CPUs have seen */
	__u64 others_bytes;
};

/* User space sets another number before it loads the table, a power of two: see table.go. */
#define FLOW_PLACES (1 << 17)

/* Memory that can be mapped begins at a page, and so at a cache line. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, FLOW_PLACES);
	__type(key, __u32);
	__type(value, struct flow);
} flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, FLOW_PLACES);
	__type(key, __u32);
	__type(value, struct flow_detail);
} flow_details SEC(".maps");

/* User space sets these, too. */
const volatile __u64 flow_mask = FLOW_PLACES - 1;
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

	/* Its lower half is the tag. */
	return hash_word(hash_word(a, words[4]), b) | TAG_FIRST;
}

/* Where to look for a flow next: a group begins anywhere in itself. */
static __always_inline __u64 flow_probe(__u64 hash, __u64 i)
{
	__u64 first = hash >> 32;
	__u64 group = first / FLOW_GROUP + i / FLOW_GROUP * (hash | 1);

	return (group * FLOW_GROUP + (first + i) % FLOW_GROUP) & flow_mask;
}

/* The first word of a flow, which changes as a whole. */
#define FLOW_OWNER(cpu)	  ((__u64)((cpu) + 1) << 32)
#define FLOW_IS_CLOSED	  (1ULL << 48)
#define FLOW_FLAGS(flags) ((__u64)(flags) << 56)

static __always_inline __u64 *flow_word(struct flow *flow)
{
	return (__u64 *)&flow->tag;
}

/* The word of a flow that begins on this CPU. */
static __always_inline __u64 flow_first_word(__u64 hash)
{
	return (__u32)hash | FLOW_OWNER(bpf_get_smp_processor_id());
}

static __always_inline struct flow *flow_at(__u64 place)
{
	return array_lookup(&flows, place);
}

static __always_inline struct flow_detail *flow_detail_at(__u64 place)
{
	return array_lookup(&flow_details, place);
}

/*
 * What global functions return, beside the index of a place. They serve for what is
 * rare: the verifier looks at each of them once, and not at every way through all.
 */
#define PLACE_NONE (1ULL << 62) /* all are taken, or another CPU was faster */
#define PLACE_FREE (1ULL << 63)
#define PLACE_NEW  (1ULL << 63)

#define PLACE_INDEX 0xffffffff

/* Returns the place of the flow, or else the first free one with PLACE_FREE, or else PLACE_NONE. */
__noinline __u64 flow_find(__u64 hash)
{
#pragma unroll
	for (int i = 0; i < FLOW_PROBES; i++) {
		__u64 place = flow_probe(hash, i);
		struct flow *flow = flow_at(place);

		if (!flow)
			break;
		if (flow->tag == (__u32)hash)
			return place;
		if (flow->tag == TAG_FREE)
			return place | PLACE_FREE;
	}
	return PLACE_NONE;
}

/* Returns the place in the flow's first group whose flow was not seen for longest. */
static __always_inline __u64 flow_oldest(__u64 hash)
{
	__u64 last_seen = ~0ULL;
	__u64 oldest = 0;

#pragma unroll
	for (int i = 0; i < FLOW_GROUP; i++) {
		__u64 place = flow_probe(hash, i);
		struct flow *flow = flow_at(place);

		if (!flow || flow->last_seen >= last_seen)
			continue;
		last_seen = flow->last_seen;
		oldest = place;
	}
	return oldest;
}

/* A CPU that is just adding to the flow that has to go may spoil the counts of the next. */
__noinline __u64 flow_replace(__u64 hash)
{
	__u64 place = flow_oldest(hash);
	struct flow_detail *detail = flow_detail_at(place);
	struct flow *flow = flow_at(place);
	__u64 word;

	if (!flow || !detail)
		return PLACE_NONE;
	word = *flow_word(flow);
	if ((__u32)word == TAG_BUSY || !atomic_compare_exchange(flow_word(flow), word, TAG_BUSY))
		return PLACE_NONE;
	detail->first_seen_ns = 0;
	detail->others_packets = 0;
	detail->others_bytes = 0;
	flow->packets = 0;
	flow->bytes = 0;
	atomic_exchange(flow_word(flow), flow_first_word(hash));
	counter_increment(COUNTER_FLOWS_EVICTED);
	return place | PLACE_NEW;
}

/* Takes a place for a flow, or returns the one that it has. */
__noinline __u64 flow_take(__u64 hash)
{
	__u64 place = flow_find(hash);
	struct flow *flow;

	if (place & PLACE_NONE)
		return flow_replace(hash);
	if (!(place & PLACE_FREE))
		return place;
	place &= PLACE_INDEX;
	flow = flow_at(place);
	if (!flow)
		return PLACE_NONE;
	if (atomic_compare_exchange(flow_word(flow), TAG_FREE, flow_first_word(hash)))
		return place | PLACE_NEW;
	return flow->tag == (__u32)hash ? place : PLACE_NONE;
}

/* Readers look at first_seen_ns, so that is written last. */
__noinline int flow_begin(__u64 place, const struct flow_key *key)
{
	struct flow_detail *detail = flow_detail_at(place & PLACE_INDEX);
	struct flow *flow = flow_at(place & PLACE_INDEX);

	if (!flow || !detail || !key)
		return 0;
	flow->last_seen = bpf_jiffies64();
	detail->key = *key;
	atomic_exchange(&detail->first_seen_ns, bpf_ktime_get_ns());
	counter_increment(COUNTER_FLOWS_INSERTED);
	return 0;
}

/* Returns the place of a flow that may be new, with PLACE_NEW if it is. */
static __always_inline __u64 flow_get(const struct flow_key *key, __u64 hash)
{
	__u64 place = flow_take(hash);

	if (place & PLACE_NONE)
		place = flow_take(hash);
	if (place & PLACE_NEW)
		flow_begin(place, key);
	return place;
}
