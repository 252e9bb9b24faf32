// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "lib/atomic.h"
#include "lib/event.h"
#include "lib/flow.h"
#include "lib/packet.h"
#include "lib/percpu.h"
#include "lib/table.h"
#include "lib/totals.h"

/* For a flow that began on another CPU. */
__noinline int flow_add(__u64 place, const struct packet *pkt)
{
	struct flow_detail *detail = flow_detail_at(place);

	if (!detail || !pkt)
		return 0;
	__sync_fetch_and_add(&detail->others_packets, 1);
	__sync_fetch_and_add(&detail->others_bytes, pkt->length);
	return 0;
}

static __always_inline void flow_count(__u64 place, struct flow *flow, const struct packet *pkt)
{
	__u64 now = bpf_jiffies64();

	/* CPUs that share a flow need not write to its cache line. */
	if (flow->last_seen != now)
		flow->last_seen = now;
	if (pkt->tcp_flags & ~flow->tcp_flags)
		atomic_fetch_or(flow_word(flow), FLOW_FLAGS(pkt->tcp_flags));
	if (FLOW_OWNER(bpf_get_smp_processor_id()) == (__u64)flow->owner << 32) {
		percpu_add(&flow->packets, 1);
		percpu_add(&flow->bytes, pkt->length);
	} else {
		flow_add(place, pkt);
	}
}

__noinline int flow_report(__u64 place, __u32 kind)
{
	struct flow_detail *detail = flow_detail_at(place & PLACE_INDEX);
	struct flow *flow = flow_at(place & PLACE_INDEX);
	__u64 now = bpf_ktime_get_ns();
	struct flow_stats stats;

	if (!flow || !detail)
		return 0;
	stats = (struct flow_stats){
		.packets = flow->packets + detail->others_packets,
		.bytes = flow->bytes + detail->others_bytes,
		.first_seen_ns = detail->first_seen_ns,
		.last_seen_ns = now,
		.closed = flow->closed,
		.tcp_flags = flow->tcp_flags,
	};
	event_send(kind, &detail->key, &stats, now);
	return 0;
}

/* Reports the end of a flow once, however often and by whomever it is noticed. */
__noinline int flow_end(__u64 place)
{
	struct flow *flow = flow_at(place);

	if (!flow || atomic_fetch_or(flow_word(flow), FLOW_IS_CLOSED) & FLOW_IS_CLOSED)
		return 0;
	flow->last_seen = bpf_jiffies64();
	flow_report(place, FLOW_CLOSED);
	return 0;
}

static __always_inline void flow_close(const struct flow_key *key)
{
	__u64 place = flow_find(flow_hash(key));

	if (!(place & (PLACE_FREE | PLACE_NONE)))
		flow_end(place);
}

/* For a flow that is new, or not at its first place. */
__noinline int flow_account_elsewhere(const struct packet *pkt, __u64 hash)
{
	struct flow *flow;
	__u64 place;

	if (!pkt)
		return 0;
	place = flow_get(&pkt->key, hash);
	flow = flow_at(place & PLACE_INDEX);
	if (place & PLACE_NONE || !flow) {
		counter_increment(COUNTER_FLOWS_NOT_INSERTED);
		return 0;
	}
	flow_count(place & PLACE_INDEX, flow, pkt);
	if (place & PLACE_NEW)
		flow_report(place, FLOW_NEW);
	if (pkt->tcp_flags & (TCP_FIN | TCP_RST))
		flow_end(place & PLACE_INDEX);
	return 0;
}

/*
 * A global function, which the verifier looks at once, and not again for each
 * way in which a packet can be parsed.
 */
__noinline int flow_account(const struct packet *pkt)
{
	struct flow *flow;
	__u64 hash;

	if (!pkt)
		return 0;
	hash = flow_hash(&pkt->key);
	flow = flow_at(flow_probe(hash, 0));
	if (!flow)
		return 0;
	if (flow->tag != (__u32)hash)
		return flow_account_elsewhere(pkt, hash);
	flow_count(flow_probe(hash, 0), flow, pkt);
	if (pkt->tcp_flags & (TCP_FIN | TCP_RST))
		flow_end(flow_probe(hash, 0));
	return 0;
}
