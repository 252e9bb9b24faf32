// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

#include <stdbool.h>

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "lib/totals.h"
#include "function/hash.h"

/*
 * The sticky table remembers which backend a flow went to, so that the flow stays
 * there when the ring changes. It is a cache that may forget: a flow that is not in
 * it goes where the ring says, which nearly always is the same backend.
 *
 * A flow belongs to one line of seven entries, a cache line: the only memory that a
 * known flow costs. An entry is one word, read and written at once, so all CPUs
 * share the table without locks, and an ICMP error that arrives on another CPU than
 * its flow finds it:
 *
 *	bits  0-31	lower half of the flow's hash; the upper half chose the line
 *	bits 32-47	number of the backend, 0 in an empty entry
 *	bits 48-63	when the flow was last seen, in ticks of about a second
 *
 * The line's first word has a byte for each entry, eight more bits of the hash, which
 * are all compared at once. They only tell where to look: what counts is the entry.
 *
 * A new flow may find another with the same half hash in its line, once in 2^29
 * flows of a full table. It then goes to that one's backend if that belongs to the
 * same service, and replaces the entry if not.
 *
 * A new entry counts as half forgotten already, until the flow's next packet. It takes the
 * place of the entry in its line that was not seen for longest, and only of one
 * that is more forgotten than itself: a flood of packets that never come twice drives
 * out nobody who was heard of in the last half of the idle timeout.
 */
#define STICKY_WORDS 8

struct sticky_line {
	__u64 word[STICKY_WORDS];
};

/* Lines in the table, a tick as a power of two of jiffies, and the timeout in ticks; user space
 * sets them. */
const volatile __u32 sticky_lines = 1024;
const volatile __u32 tick_shift = 8;
const volatile __u32 idle_ticks = 900;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE); /* starts at a page, so a line is a cache line */
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct sticky_line);
} sticky SEC(".maps");

static __always_inline struct sticky_line *sticky_line(__u64 hash)
{
	return array_lookup(&sticky, hash_below(hash, sticky_lines));
}

static __always_inline __u64 sticky_now(void)
{
	return bpf_jiffies64() >> tick_shift;
}

/* 1 for this tick, and 0 for the next one, in which another CPU may be already. */
static __always_inline __u64 sticky_age(__u64 entry, __u64 now)
{
	return (now + 1 - (entry >> 48)) & 0xffff;
}

static __always_inline __u64 sticky_backend(__u64 entry)
{
	return entry >> 32 & 0xffff;
}

static __always_inline bool sticky_is_of(__u64 entry, __u64 hash)
{
	return !((entry ^ hash) << 32);
}

static __always_inline __u8 sticky_tag(__u64 hash)
{
	return hash >> 32;
}

/*
 * Where the flow should be: at the first byte of the line's first word that has its
 * tag. Subtracting 1 from each byte borrows from the highest bit of those that are
 * zero, which is how all are compared at once; counting the bytes below the lowest
 * such bit gives the place. Without one it is the last.
 */
static __always_inline __u64 sticky_place(const struct sticky_line *line, __u64 hash)
{
	const __u64 ones = 0x0101010101010101;
	__u64 differs = (line->word[0] ^ sticky_tag(hash) * ones) | 0xff;
	__u64 equal = (differs - ones) & ~differs & ones << 7;

	return ((((equal & -equal) - 1) & ones) * ones >> 56) - 1;
}

/*
 * 1 where the lower halves are alike, 0 elsewhere. Without a branch, or the verifier
 * would follow all ways through seven of them: the barriers hide from the compiler
 * what could become one.
 */
static __always_inline __u64 sticky_matches(__u64 entry, __u64 hash)
{
	__u64 differs = (entry ^ hash) << 32;
	__u64 negative = -differs;
	__u64 bit;

	barrier_var(negative);
	bit = ((differs | negative) >> 63) ^ 1;
	barrier_var(bit);
	return bit;
}

/*
 * The same with the entries themselves, for when another flow has the same tag. Should
 * the flow be there twice, because two CPUs learnt it at once, the sum may name a
 * third place: the caller has to look at the entry in any case. Verified on its own.
 */
__noinline int sticky_search(struct sticky_line *line, __u64 hash)
{
	int place = 0;

	if (!line)
		return 0;
#pragma unroll
	for (int i = 1; i < STICKY_WORDS; i++)
		place |= sticky_matches(line->word[i], hash) * i;
	return place;
}

/* Where the flow is, if it is there. */
static __always_inline __u64 sticky_find(struct sticky_line *line, __u64 hash)
{
	__u64 place = sticky_place(line, hash) & (STICKY_WORDS - 1);

	if (!sticky_is_of(line->word[place], hash))
		place = sticky_search(line, hash) & (STICKY_WORDS - 1);
	return place;
}

static __always_inline __u64 sticky_entry(__u64 hash, __u64 backend, __u64 time)
{
	return (hash & 0xffffffff) | backend << 32 | time << 48;
}

static __always_inline void sticky_set(struct sticky_line *line, __u64 place, __u64 entry)
{
	line->word[place & (STICKY_WORDS - 1)] = entry;
}

/*
 * What makes an entry the one to replace: the flow's own before empty ones, these before
 * the oldest. The place is in the lowest bits.
 */
static __always_inline __u64 sticky_rank(__u64 entry, __u64 hash, __u64 now, __u32 place)
{
	__u64 own = sticky_matches(entry, hash);
	__u64 empty = (sticky_backend(entry) - 1) >> 63;

	return (own << 17 | empty << 16 | sticky_age(entry, now)) << 3 | place;
}

static __always_inline void sticky_insert(struct sticky_line *line, __u64 hash, __u64 backend,
					  __u64 now)
{
	__u64 half = idle_ticks / 2;
	__u64 victim = 0;

#pragma unroll
	for (int i = 1; i < STICKY_WORDS; i++) {
		__u64 rank = sticky_rank(line->word[i], hash, now, i);
		__u64 less = (victim - rank) >> 63;

		barrier_var(less);
		victim += (rank - victim) * less;
	}
	if (victim >> 3 <= half)
		return;
	sticky_set(line, victim, sticky_entry(hash, backend, now - half));
	((__u8 *)line)[victim & (STICKY_WORDS - 1)] = sticky_tag(hash);
}
