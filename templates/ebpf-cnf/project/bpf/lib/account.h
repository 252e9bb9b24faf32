// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "lib/atomic.h"
#include "lib/clock.h"
#include "lib/event.h"
#include "lib/flow.h"
#include "lib/packet.h"
#include "lib/table.h"
#include "lib/totals.h"

/* The 8-byte word of closed and tcp_flags: only such words are or-ed atomically. */
static __always_inline __u64 flow_mark(struct flow_stats *stats, __u32 closed, __u32 tcp_flags)
{
	return atomic_fetch_or((__u64 *)&stats->closed, closed | (__u64)tcp_flags << 32);
}

/* Several CPUs can see packets of one flow at once: what is counted is counted atomically. */
static __always_inline void flow_update(struct flow_stats *stats, const struct packet *pkt,
					__u64 now)
{
	__sync_fetch_and_add(&stats->packets, 1);
	__sync_fetch_and_add(&stats->bytes, pkt->length);
	stats->last_seen_ns = now;
	if (pkt->tcp_flags & ~stats->tcp_flags)
		flow_mark(stats, 0, pkt->tcp_flags);
}

/* A global function: the verifier looks at it once, whoever calls it. */
__noinline int flow_report(__u32 kind, __u64 position, __u64 timestamp_ns)
{
	struct flow_set *set = set_of(position);
	__u64 way = position & (FLOW_WAYS - 1);

	if (set)
		event_send(kind, &set->ids[way], &set->stats[way], timestamp_ns);
	return 0;
}

/* Reports the end of a flow once, however often and by whomever it is noticed. */
static __always_inline void flow_end(const struct flow *flow, __u64 timestamp_ns)
{
	if (!(flow_mark(flow->stats, 1, 0) & 1))
		flow_report(FLOW_CLOSED, flow->position, timestamp_ns);
}

static __always_inline void flow_close(const struct flow_key *key, __u64 timestamp_ns)
{
	struct flow flow;

	if (flow_find(flow_hash(key), &flow))
		flow_end(&flow, timestamp_ns);
}

/*
 * A global function, which the verifier looks at once, and not again for each
 * way in which a packet can be parsed.
 */
__noinline int flow_account(const struct packet *pkt)
{
	struct flow flow;
	__u64 now;

	if (!pkt)
		return 0;
	now = clock_now();
	if (!flow_get(&pkt->key, now, &flow)) {
		counter_increment(COUNTER_FLOWS_NOT_INSERTED);
		return 0;
	}
	flow_update(flow.stats, pkt, now);
	if (flow.new)
		flow_report(FLOW_NEW, flow.position, now);
	if (pkt->tcp_flags & (TCP_FIN | TCP_RST))
		flow_end(&flow, now);
	return 0;
}
