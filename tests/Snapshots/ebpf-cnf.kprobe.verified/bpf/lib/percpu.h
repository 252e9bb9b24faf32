// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

#include <linux/types.h>

/*
 * Adds to a counter of this CPU. Atomically, because a program that runs in
 * process context (a socket that sends) can be interrupted by one that runs in
 * softirq context on the same CPU.
 */
static __always_inline void percpu_add(__u64 *counter, __u64 n)
{
	__sync_fetch_and_add(counter, n);
}
