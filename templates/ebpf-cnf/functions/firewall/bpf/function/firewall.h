// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

#include <stdbool.h>

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "lib/event.h"
#include "lib/packet.h"
#include "lib/percpu.h"
#include "lib/totals.h"
#include "lib/verdict.h"
#include "function/connection.h"
#include "function/match.h"
#include "function/policy.h"
#include "function/track.h"

/*
 * A rule keeps its slot when the rules are reloaded, so there are slots for the
 * old rules and the new ones. Two are not for rules.
 */
#define SLOT_DEFAULT	 0 /* packets that no rule matches */
#define SLOT_ESTABLISHED 1 /* packets of connections that a rule allowed earlier */
#define SLOT_COUNT	 (2 + 2 * POLICY_RULES)

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SLOT_COUNT);
	__type(key, __u32);
	__type(value, struct total);
} hits SEC(".maps");

/* Of so many drops, a power of two, each rule and CPU reports the first; 0: none. */
const volatile __u32 drop_sample = 1024;

static __always_inline void drop_report(const struct packet *pkt, __u32 slot)
{
	__u64 now = bpf_ktime_get_ns();
	struct flow_stats stats = {
		.packets = 1,
		.bytes = pkt->length,
		.first_seen_ns = now,
		.last_seen_ns = now,
		.tcp_flags = pkt->tcp_flags,
	};

	event_send_because(PACKET_DROPPED, &pkt->key, &stats, now, slot);
}

static __always_inline void hit_count(const struct packet *pkt, __u64 verdict)
{
	__u64 slot = verdict >> VERDICT_SLOT_SHIFT;
	struct total *total = array_lookup(&hits, slot);

	if (!total)
		return;
	if (events_enabled && drop_sample && !(verdict & VERDICT_ALLOW) &&
	    !(total->packets & (drop_sample - 1)))
		drop_report(pkt, slot);
	percpu_add(&total->packets, 1);
	percpu_add(&total->bytes, pkt->length);
}

/* Makes a reply look like what it replies to. */
static __always_inline void packet_reverse(struct packet *pkt, bool egress)
{
	struct in6_addr source = pkt->key.saddr;
	__be16 sport = pkt->key.sport;

	pkt->key.saddr = pkt->key.daddr;
	pkt->key.daddr = source;
	pkt->key.direction = egress ? DIRECTION_EGRESS : DIRECTION_INGRESS;
	if (pkt->key.protocol == IPPROTO_ICMP)
		pkt->key.dport ^= bpf_htons(ICMP_ECHO_REQUEST << 8);
	else if (pkt->key.protocol == IPPROTO_ICMPV6)
		pkt->key.dport ^= bpf_htons((ICMPV6_ECHO_REQUEST ^ ICMPV6_ECHO_REPLY) << 8);
	else
		packet_set_ports(pkt, pkt->key.dport, sport);
}

static __always_inline __u64 firewall_verdict(const struct policy *policy, __u64 half,
					      struct packet *pkt)
{
	__u8 direction = pkt->key.direction;
	__u64 verdict;
	int member = policy->stateful ? connection_follow(pkt, policy->generation) : MEMBER_NONE;

	if (member == MEMBER_PASS)
		return SLOT_ESTABLISHED << VERDICT_SLOT_SHIFT | VERDICT_ALLOW;
	/* After a reload, a connection lives on if the new rules allow its first packet. */
	if (member != MEMBER_NONE)
		packet_reverse(pkt, member == MEMBER_OUTDATED_EGRESS);
	verdict = policy_verdict(half, pkt);
	if (policy->stateful && verdict & VERDICT_ALLOW)
		connection_open(pkt, policy->generation);
	if (member != MEMBER_NONE)
		packet_reverse(pkt, direction == DIRECTION_EGRESS);
	return verdict;
}

/*
 * What is not IP, such as ARP, passes. IP packets that the parser could not make
 * sense of are left to the default action, because no rule can be held against them.
 */
static __always_inline enum verdict decide(void *ctx, struct packet *pkt, enum reason *reason)
{
	__u64 half = *(volatile __u32 *)&policy_active, verdict;
	const struct policy *policy = array_lookup(&policies, half);

	if (!policy || !policy->enabled || *reason == REASON_NOT_IP)
		return VERDICT_PASS;
	verdict = *reason == REASON_NONE ? firewall_verdict(policy, half, pkt) : policy->fallback;
	hit_count(pkt, verdict);
	if (verdict & VERDICT_ALLOW)
		return VERDICT_PASS;
	if (*reason == REASON_NONE)
		*reason = REASON_DENIED;
	return VERDICT_DROP;
}
