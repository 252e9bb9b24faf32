// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "lib/totals.h"

/*
 * A limit, for the time that it is in force. A token is a packet or a byte. The clock
 * counts the tokens that a bucket has ever been given: it read `start` when jiffies
 * were `since`, and goes on by `step` and `fraction` tokens a jiffy. The next limit's clock
 * starts with what this one reads by then, so buckets keep their tokens.
 */
struct limit {
	__u64 burst; /* tokens that a bucket holds, 0 for no limit */
	__u64 since;
	__u64 start;
	__u64 step;
	__u64 fraction;	    /* in 2^-24 */
	__u64 seed;	    /* of the hash, so that nobody outside can choose a bucket */
	__u64 ipv4_mask;    /* of the address, the lower half of the word */
	__u64 ipv6_mask[2]; /* of the halves of the address */
	__u32 count_bytes;
	__u32 per_flow;
	__u32 per_interface; /* with neither, per source */
	__u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct limit);
} limits SEC(".maps");

/* Key: 0. User space writes the other limit, and then which one is in force. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} limit_in_force SEC(".maps");

static __always_inline const struct limit *limit_now(void)
{
	const __u64 *index = array_lookup(&limit_in_force, 0);

	return index ? array_lookup(&limits, *index) : NULL;
}

/*
 * Jiffies need no call: the verifier puts a load in its place. 40 bits of them are
 * 34 years at 1000 Hz, so no product overflows.
 */
static __always_inline __u64 limit_clock(const struct limit *limit)
{
	__u64 elapsed = bpf_jiffies64() - limit->since;

	return limit->start + elapsed * limit->step + (elapsed * limit->fraction >> 24);
}
