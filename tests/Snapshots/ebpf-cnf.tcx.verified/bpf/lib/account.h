// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

#include <stdbool.h>

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "lib/atomic.h"
#include "lib/clock.h"
#include "lib/event.h"
#include "lib/flow.h"
#include "lib/packet.h"
#include "lib/totals.h"

/* Returns false when the flow exists by now, because another CPU was faster, or has no room. */
static __always_inline bool flow_insert(const struct packet *pkt)
{
	struct flow_stats stats = {
		.packets = 1,
		.bytes = pkt->length,
		.first_seen_ns = pkt->timestamp_ns,
		.last_seen_ns = pkt->timestamp_ns,
		.tcp_flags = pkt->tcp_flags,
	};

	if (bpf_map_update_elem(&flows, &pkt->key, &stats, BPF_NOEXIST))
		return false;
	counter_increment(COUNTER_FLOWS_INSERTED);
	event_send(FLOW_NEW, &pkt->key, &stats, pkt->timestamp_ns);
	return true;
}

/* The 8-byte word of closed and tcp_flags: only such words are or-ed atomically. */
static __always_inline __u64 flow_mark(struct flow_stats *stats, __u32 closed, __u32 tcp_flags)
{
	return atomic_fetch_or((__u64 *)&stats->closed, closed | (__u64)tcp_flags << 32);
}

/* Several CPUs can see packets of one flow at once: what is counted is counted atomically. */
static __always_inline bool flow_update(const struct packet *pkt)
{
	struct flow_stats *stats = bpf_map_lookup_elem(&flows, &pkt->key);

	if (!stats)
		return false;
	__sync_fetch_and_add(&stats->packets, 1);
	__sync_fetch_and_add(&stats->bytes, pkt->length);
	stats->last_seen_ns = pkt->timestamp_ns;
	if (pkt->tcp_flags & ~stats->tcp_flags)
		flow_mark(stats, 0, pkt->tcp_flags);
	return true;
}

/* Reports the end of a flow once, however often and by whomever it is noticed. */
static __always_inline void flow_close(const struct flow_key *key, __u64 timestamp_ns)
{
	struct flow_stats *stats = bpf_map_lookup_elem(&flows, key);

	if (!stats || flow_mark(stats, 1, 0) & 1)
		return;
	event_send(FLOW_CLOSED, key, stats, timestamp_ns);
}

static __always_inline void flow_account(struct packet *pkt)
{
	pkt->timestamp_ns = clock_now();
	if (!flow_update(pkt) && !flow_insert(pkt) && !flow_update(pkt))
		counter_increment(COUNTER_FLOWS_NOT_INSERTED);
	if (pkt->tcp_flags & (TCP_FIN | TCP_RST))
		flow_close(&pkt->key, pkt->timestamp_ns);
}
