// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/* CLOCK_MONOTONIC. Linux 6.1 has no cheaper clock for tracing programs. */
static __always_inline __u64 clock_now(void)
{
	return bpf_ktime_get_ns();
}
