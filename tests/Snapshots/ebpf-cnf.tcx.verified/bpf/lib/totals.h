// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "lib/packet.h"
#include "lib/percpu.h"
#include "lib/verdict.h"

#define TOTALS_COUNT (DIRECTION_COUNT * VERDICT_COUNT * REASON_COUNT)

struct total {
	__u64 packets;
	__u64 bytes;
};

/* Key: ((direction * VERDICT_COUNT) + verdict) * REASON_COUNT + reason. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, TOTALS_COUNT);
	__type(key, __u32);
	__type(value, struct total);
} totals SEC(".maps");

enum counter {
	COUNTER_FLOWS_INSERTED,
	COUNTER_FLOWS_EVICTED,
	COUNTER_FLOWS_NOT_INSERTED, /* packets that no flow accounts for */
	COUNTER_EVENTS_LOST,
	COUNTER_COUNT,
};

const enum counter *export_counter __hidden;

/* Key: enum counter. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, COUNTER_COUNT);
	__type(key, __u32);
	__type(value, __u64);
} counters SEC(".maps");

/*
 * The index is a whole word (see struct packet), of which the kernel reads the
 * first half: the low one on the little-endian machines that we build for.
 */
static __always_inline void *array_lookup(void *map, __u64 index)
{
	return bpf_map_lookup_elem(map, &index);
}

static __always_inline void counter_increment(enum counter counter)
{
	__u64 *value = array_lookup(&counters, counter);

	if (value)
		percpu_add(value, 1);
}

static __always_inline void total_add(const struct packet *pkt, enum verdict verdict,
				      enum reason reason)
{
	__u32 row = pkt->key.direction * VERDICT_COUNT + verdict;
	struct total *total = array_lookup(&totals, row * REASON_COUNT + reason);

	if (!total)
		return;
	percpu_add(&total->packets, 1);
	percpu_add(&total->bytes, pkt->length);
}
