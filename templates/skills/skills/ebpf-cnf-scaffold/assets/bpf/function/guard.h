// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

#include <stdbool.h>

#include <linux/bpf.h>
#include <linux/in.h>
#include <bpf/bpf_helpers.h>

#include "lib/packet.h"
#include "lib/verdict.h"

/* snippet: map */
/* Key: a port as it stands in the packet. Value: packets that were dropped. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, __be16);
	__type(value, __u64);
} guarded_ports SEC(".maps");
/* end snippet */

/* snippet: event */
struct guard_event {
	struct flow_key key;
	__u64 timestamp_ns;
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 16);
	__type(value, struct guard_event);
} guard_events SEC(".maps");

/* Events that found the ring buffer full: packets never wait for its reader. */
__u64 guard_events_lost = 0;

static __always_inline void guard_report(const struct packet *pkt)
{
	struct guard_event *event = bpf_ringbuf_reserve(&guard_events, sizeof(*event), 0);

	if (!event) {
		__sync_fetch_and_add(&guard_events_lost, 1);
		return;
	}
	event->key = pkt->key;
	event->timestamp_ns = bpf_ktime_get_ns();
	bpf_ringbuf_submit(event, 0);
}
/* end snippet */

/* snippet: decide */
/* What the key holds instead of a port is up to the protocol: of ICMP, type and code. */
static __always_inline bool guard_knows_port(const struct packet *pkt)
{
	return pkt->key.protocol == IPPROTO_TCP || pkt->key.protocol == IPPROTO_UDP;
}

static __always_inline enum verdict decide(void *ctx, struct packet *pkt, enum reason *reason)
{
	__u64 *dropped;

	/* Only then the key is complete; ARP and what is malformed are not for us to judge. */
	if (*reason != REASON_NONE || !guard_knows_port(pkt))
		return VERDICT_PASS;
	dropped = bpf_map_lookup_elem(&guarded_ports, &pkt->key.dport);
	if (!dropped)
		return VERDICT_PASS;

	/* Once for a port: who sends packets must not decide how many events there are. */
	if (!*dropped)
		guard_report(pkt);
	__sync_fetch_and_add(dropped, 1);
	return VERDICT_DROP;
}
/* end snippet */
