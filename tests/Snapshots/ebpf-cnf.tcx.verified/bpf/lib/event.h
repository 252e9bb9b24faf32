// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

#include <stdbool.h>

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "lib/flow.h"
#include "lib/totals.h"

enum flow_event_kind {
	FLOW_NEW,
	FLOW_CLOSED,
	PACKET_DROPPED, /* the key is the packet's, and stats are of this packet only */
};

struct flow_event {
	struct flow_key key;
	struct flow_stats stats;
	__u64 timestamp_ns;
	__u32 kind;  /* enum flow_event_kind */
	__u32 cause; /* of a drop: what the function says about it */
};

const enum flow_event_kind *export_flow_event_kind __hidden;

/* Nobody reads events unless asked to; then the check costs nothing. */
const volatile bool events_enabled = false;

#define EVENTS_SIZE (1 << 20)

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, EVENTS_SIZE);
	__type(value, struct flow_event);
} events SEC(".maps");

/*
 * To wake the reader takes several microseconds, which a packet would have to wait for. So
 * it looks for events by itself, ten times a second, and is woken for each quarter of the
 * buffer that fills up in between.
 */
static __always_inline __u64 event_wakeup(void)
{
	__u64 size = sizeof(struct flow_event) + BPF_RINGBUF_HDR_SZ;
	__u64 waiting = bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA);

	return waiting % (EVENTS_SIZE / 4) < size ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP;
}

/* A reader that cannot keep up loses events; packets never wait for it. */
static __always_inline void event_send_because(enum flow_event_kind kind,
					       const struct flow_key *key,
					       const struct flow_stats *stats, __u64 timestamp_ns,
					       __u32 cause)
{
	struct flow_event *event;

	if (!events_enabled)
		return;

	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event) {
		counter_increment(COUNTER_EVENTS_LOST);
		return;
	}
	event->key = *key;
	event->stats = *stats;
	event->timestamp_ns = timestamp_ns;
	event->kind = kind;
	event->cause = cause;
	bpf_ringbuf_submit(event, event_wakeup());
}

static __always_inline void event_send(enum flow_event_kind kind, const struct flow_key *key,
				       const struct flow_stats *stats, __u64 timestamp_ns)
{
	event_send_because(kind, key, stats, timestamp_ns, 0);
}
