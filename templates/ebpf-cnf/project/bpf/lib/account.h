// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "lib/atomic.h"
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

__noinline int flow_report(__u64 place, __u32 kind, __u64 now)
{
	struct flow_set *set = place_set(place);
	__u64 way = place & (FLOW_WAYS - 1);

	if (set)
		event_send(kind, &set->ids[way], &set->stats[way], now);
	return 0;
}

/* Reports the end of a flow once, however often and by whomever it is noticed. */
__noinline int flow_end(__u64 place, __u64 now)
{
	struct flow_set *set = place_set(place);

	if (set && !(flow_mark(&set->stats[place & (FLOW_WAYS - 1)], 1, 0) & 1))
		flow_report(place, FLOW_CLOSED, now);
	return 0;
}

static __always_inline void flow_close(const struct flow_key *key, __u64 now)
{
	__u64 place = flow_find(flow_hash(key));

	if (place != PLACE_NONE)
		flow_end(place, now);
}

/* For a flow that is new, or not at home. */
__noinline int flow_account_elsewhere(const struct packet *pkt, __u64 hash, __u64 now)
{
	struct flow_set *set;
	__u64 place;

	if (!pkt)
		return 0;
	place = flow_get(&pkt->key, hash, now);
	if (place == PLACE_NONE) {
		counter_increment(COUNTER_FLOWS_NOT_INSERTED);
		return 0;
	}
	set = place_set(place);
	if (!set)
		return 0;
	flow_update(&set->stats[place & (FLOW_WAYS - 1)], pkt, now);
	if (place & PLACE_IS_NEW)
		flow_report(place, FLOW_NEW, now);
	if (pkt->tcp_flags & (TCP_FIN | TCP_RST))
		flow_end(place, now);
	return 0;
}

/*
 * A global function, which the verifier looks at once, and not again for each
 * way in which a packet can be parsed.
 */
__noinline int flow_account(const struct packet *pkt)
{
	struct flow_set *set;
	__u64 hash, way, now;

	if (!pkt)
		return 0;
	now = bpf_ktime_get_ns();
	hash = flow_hash(&pkt->key);
	set = set_lookup(flow_home(hash));
	if (!set)
		return 0;
	way = set_find(set, flow_tag(hash));
	if (!way)
		return flow_account_elsewhere(pkt, hash, now);
	flow_update(&set->stats[way & (FLOW_WAYS - 1)], pkt, now);
	if (pkt->tcp_flags & (TCP_FIN | TCP_RST))
		flow_end(place(flow_home(hash), way), now);
	return 0;
}
