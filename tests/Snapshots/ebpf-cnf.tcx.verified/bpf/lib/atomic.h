// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

#include <stdbool.h>

#include <linux/types.h>

/*
 * The objects are built for -mcpu=v2, in which registers have 64 bits only: the
 * 32-bit registers of v3 get spilled as half words, which Linux 6.1 refuses for
 * the reason that struct packet gives. But v2 has no builtin for an atomic
 * operation whose result is used, though every kernel since 5.12 executes it.
 */
static __always_inline __u64 atomic_fetch_or(__u64 *word, __u64 bits)
{
	asm volatile("%0 = atomic_fetch_or((u64 *)(%1 + 0), %0)"
		     : "+r"(bits)
		     : "r"(word)
		     : "memory");
	return bits;
}

/* Tells whether the word was as expected, and has been replaced. */
static __always_inline bool atomic_compare_exchange(__u64 *word, __u64 expected, __u64 replacement)
{
	__u64 found = expected;

	asm volatile("r0 = %0\n\t"
		     "r0 = cmpxchg_64(%1 + 0, r0, %2)\n\t"
		     "%0 = r0"
		     : "+r"(found)
		     : "r"(word), "r"(replacement)
		     : "r0", "memory");
	return found == expected;
}

/* A store that comes after all stores before it, on every architecture. */
static __always_inline void atomic_exchange(__u64 *word, __u64 replacement)
{
	asm volatile("%0 = xchg_64(%1 + 0, %0)" : "+r"(replacement) : "r"(word) : "memory");
}
