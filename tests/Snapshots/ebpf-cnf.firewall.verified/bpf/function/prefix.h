// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

#include <stdbool.h>

#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "lib/flow.h"
#include "lib/totals.h"
#include "function/policy.h"

/*
 * The class of an address is that of the longest prefix that contains it. It is
 * found by a binary search over the lengths that occur: a hit says that a longer
 * one may be there, a miss that only a shorter one can. For the search to be
 * right, user space adds markers: a prefix of 24 bits also puts its first 16
 * bits under that length, if the search looks there first. A marker has the class
 * of the longest shorter prefix. With one length, as in a list of single
 * addresses, one look is enough.
 *
 * The prefixes of a length are in a perfect hash table: each is in the cell that
 * its hash names, or, where several have the same, as far behind as the
 * displacement in that cell says. So one look at an array ends most searches, and
 * a second one the others.
 */

/* With 128 lengths, a binary search takes 8 steps. */
#define PREFIX_MAX_STEPS 8

/* The address as two numbers, its first byte in the highest bits. */
struct address {
	__u64 high;
	__u64 low;
};

static __always_inline bool cell_holds(const struct prefix_cell *cell, struct address prefix)
{
	return cell->address[1] == prefix.low && cell->address[0] == prefix.high && cell->used;
}

static __always_inline struct prefix_cell *prefix_find(__u64 half, const struct prefix_step *step,
						       struct address address)
{
	struct address prefix = { address.high & step->mask[0], address.low & step->mask[1] };
	__u64 hash = (prefix.high * 0x9e3779b97f4a7c15 ^ prefix.low) * step->multiplier;
	__u64 first = half * POLICY_CELLS + step->first_cell;
	struct prefix_cell *cell = array_lookup(&policy_cells, first + (hash >> step->hash_shift));

	if (!cell || cell_holds(cell, prefix))
		return cell;
	if (!cell->displacement)
		return NULL;
	cell = array_lookup(&policy_cells,
			    first + (((hash ^ hash >> 32) + cell->displacement) & step->cell_mask));
	return cell && cell_holds(cell, prefix) ? cell : NULL;
}

/* Looks for prefixes of one length. Returns the number of the next step, 0 for none. */
static __always_inline __u64 prefix_step(__u64 half, const struct prefix_step *step,
					 struct address address, __u64 *class)
{
	const struct prefix_cell *cell = prefix_find(half, step, address);
	__u64 on_miss = step->on_miss;

	/* Or else the compiler loads once, from a pointer that the verifier objects to. */
	barrier_var(on_miss);
	if (!cell)
		return on_miss;
	*class = cell->class;
	return step->on_hit;
}

/*
 * The second step of the search and those behind it. A global function, which
 * the verifier looks at once and not for every path that leads to it.
 */
__noinline __u64 prefix_search(__u64 half, __u64 next, __u64 class, __u64 high, __u64 low)
{
	struct address address = { high, low };

#pragma unroll
	for (int i = 1; i < PREFIX_MAX_STEPS; i++) {
		const struct prefix_step *step =
			array_lookup(&policy_steps, half * POLICY_STEPS + next);

		if (!step)
			break;
		next = prefix_step(half, step, address, &class);
		if (!next)
			break;
	}
	return class;
}

/* IPv4 addresses are mapped (struct flow_key). The space of IPv4 follows the one of IPv6. */
static __always_inline __u64 address_class(__u64 half, __u64 ipv6_space,
					   const struct in6_addr *addr)
{
	const __u64 *words = (const __u64 *)addr;
	struct address address = { bpf_be64_to_cpu(words[0]), bpf_be64_to_cpu(words[1]) };
	bool ipv4 = !address.high && address.low >> 32 == 0xffff;
	const struct address_space *space =
		array_lookup(&policy_spaces, half * SPACE_COUNT + ipv6_space + ipv4);
	__u64 class, next;

	if (!space)
		return CLASS_DECIDES;
	class = space->any;
	if (!space->steps)
		return class;
	next = prefix_step(half, &space->first, address, &class);
	return next ? prefix_search(half, next, class, address.high, address.low) : class;
}
