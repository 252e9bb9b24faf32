// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/*
 * CLOCK_MONOTONIC as of the last tick, which is 1 to 10 ms ago. The exact time
 * would cost more than all else that is done for a packet of a known flow.
 */
static __always_inline __u64 clock_now(void)
{
	return bpf_ktime_get_coarse_ns();
}
