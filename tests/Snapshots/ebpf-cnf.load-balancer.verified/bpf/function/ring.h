// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "lib/totals.h"
#include "function/hash.h"
#include "function/service.h"

#define RING_LINE 32

/* Places in a ring, a prime number, and lines of 32 that they take; user space sets both. */
const volatile __u32 ring_size = 1021;
const volatile __u32 ring_lines = 32;

struct ring_line {
	__u16 backend[RING_LINE];
};

/*
 * Maglev: a flow's hash names a place in its service's ring, and the place a backend.
 * Each backend has places by its weight, and as nearly as possible the same ones
 * whichever others there are: internal/balancer/ring.go.
 * Key: (half * max_services + service - 1) * ring_lines + line.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2 * 64 * 32);
	__type(key, __u32);
	__type(value, struct ring_line);
} rings SEC(".maps");

/* 0 where the service has no backend. */
static __always_inline __u64 ring_pick(__u64 current, __u32 service, __u64 hash)
{
	__u64 place = hash_below(hash, ring_size);
	__u64 ring = generation_half(current) * max_services + service - 1;
	const struct ring_line *line = array_lookup(&rings, ring * ring_lines + place / RING_LINE);

	return line ? line->backend[place % RING_LINE] : 0;
}
