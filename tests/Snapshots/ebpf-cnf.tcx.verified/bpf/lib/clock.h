// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "lib/totals.h"

struct clock {
	__u64 jiffies;
	__u64 now_ns;
};

/* One entry for each CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct clock);
} clocks SEC(".maps");

/*
 * CLOCK_MONOTONIC in ns, as of the kernel's last tick: up to 10 ms old, and on
 * two CPUs up to that much apart. Reading the real clock costs more than all
 * else that is done for a packet of a known flow; jiffies cost next to nothing.
 */
static __always_inline __u64 clock_now(void)
{
	struct clock *clock = array_lookup(&clocks, 0);
	__u64 jiffies = bpf_jiffies64();

	if (!clock)
		return bpf_ktime_get_ns();
	if (clock->jiffies != jiffies) {
		clock->now_ns = bpf_ktime_get_ns();
		clock->jiffies = jiffies;
	}
	return clock->now_ns;
}
