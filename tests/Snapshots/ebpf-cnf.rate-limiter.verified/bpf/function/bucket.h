// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

#include <stdbool.h>

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "lib/atomic.h"
#include "lib/totals.h"

/*
 * Token buckets of fixed memory, which all CPUs share without a lock.
 *
 * A bucket is one word: what the clock (see struct limit) read when the bucket would have
 * been empty. It holds as many tokens as the clock has gone on since, a burst at most.
 * To take tokens is to add to the word, which CPUs can do at the same time without
 * losing any, so the total rate is exact. A packet passes if there is a token, and what
 * it costs beyond that the bucket owes: no packet is too large for a small burst.
 * One that is dropped writes nothing.
 *
 * A full bucket is like one that was never used, so whoever comes may have it. That is
 * all the management there is: a key looks for its bucket in the four places of
 * one cache line, and else takes a full one over. While others use all four it
 * shares the fullest of them. So a flood of new sources takes nobody's bucket
 * away, and passes no more than what all buckets allow together.
 */
#define BUCKET_PLACES 4

struct bucket {
	__u32 key; /* half of its hash; most of the rest says where the bucket is */
	__u32 cpu; /* that takes from it, or SEVERAL_CPUS */
	__u64 empty_at;
};

#define SEVERAL_CPUS (~0U)

/* Mapped memory begins with a page, so that four buckets are a cache line. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 65536);
	__type(key, __u32);
	__type(value, struct bucket);
} buckets SEC(".maps");

/* User space sets it together with the map's size, a power of two. */
const volatile __u32 bucket_count = 65536;

/* Key: 0. Packets that had to share a bucket. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} shared_packets SEC(".maps");

static __always_inline void bucket_count_shared(void)
{
	__u64 *packets = array_lookup(&shared_packets, 0);

	if (packets)
		percpu_add(packets, 1);
}

/* Negative, if the bucket owes some, or another CPU's clock was a tick ahead. */
static __always_inline __s64 bucket_tokens(const struct bucket *bucket, __u64 clock)
{
	return clock - *(const volatile __u64 *)&bucket->empty_at;
}

static __always_inline struct bucket *bucket_at(__u32 place)
{
	return array_lookup(&buckets, place);
}

/* Where a key looks first. */
static __always_inline __u32 bucket_place(__u64 key)
{
	return (key >> 32) & (bucket_count - 1);
}

/*
 * Returns the place of a key that is not in its first one: where it is, or has been put by
 * now. Two CPUs may give one bucket to two keys at the same time. The first
 * key then looks for another: nothing is lost but the tokens that it took.
 */
static __noinline __u64 bucket_search(__u64 key, __u64 clock, __u64 burst)
{
	__u32 first = bucket_place(key), fullest = first;
	struct bucket *bucket;
	__s64 most = 0;

#pragma unroll
	for (int i = 0; i < BUCKET_PLACES; i++) {
		__s64 tokens;

		bucket = bucket_at(first ^ i);
		if (!bucket || bucket->key == (__u32)key)
			return first ^ i;
		tokens = bucket_tokens(bucket, clock);
		if (i == 0 || tokens > most) {
			fullest = first ^ i;
			most = tokens;
		}
	}
	bucket = bucket_at(fullest);
	if (bucket && most >= (__s64)burst) {
		bucket->key = key;
		bucket->cpu = bpf_get_smp_processor_id();
	} else {
		bucket_count_shared();
	}
	return fullest;
}

static __always_inline struct bucket *bucket_find(__u64 key, __u64 clock, __u64 burst)
{
	struct bucket *bucket = bucket_at(bucket_place(key));

	if (!bucket || bucket->key == (__u32)key)
		return bucket;
	return bucket_at(bucket_search(key, clock, burst));
}

/*
 * What is more than a burst is cut off first, by one CPU if several find it at once. A
 * bucket that this CPU has alone needs no locked addition: another one that begins to take
 * from it may in that moment get one packet's tokens for nothing.
 */
static __always_inline void bucket_take(struct bucket *bucket, __u64 clock, __u64 burst,
					__s64 tokens, __u64 charge, bool alone)
{
	if (tokens > (__s64)burst &&
	    atomic_compare_exchange(&bucket->empty_at, clock - tokens, clock - burst + charge))
		return;
	if (alone)
		percpu_add(&bucket->empty_at, charge);
	else
		__sync_fetch_and_add(&bucket->empty_at, charge);
}
