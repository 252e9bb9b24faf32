// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

#include <linux/bpf.h>
#include <linux/in.h>
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

/* Rare, and therefore verified on its own. */
__noinline int drop_report(const struct packet *pkt, __u32 slot)
{
	__u64 now = bpf_ktime_get_ns();
	struct flow_stats stats = {
		.packets = 1,
		.first_seen_ns = now,
		.last_seen_ns = now,
	};

	if (!pkt)
		return 0;
	stats.bytes = pkt->length;
	stats.tcp_flags = pkt->tcp_flags;
	event_send_because(PACKET_DROPPED, &pkt->key, &stats, now, slot);
	return 0;
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

/* The last word of a flow key: the ports in the lowest half, the direction in the highest byte. */
static __always_inline __u64 word_reversed(__u64 word, __u8 protocol, __u64 direction)
{
	__u32 ports = word;

	if (protocol == IPPROTO_ICMP)
		ports ^= ICMP_ECHO_REQUEST << 16;
	else if (protocol == IPPROTO_ICMPV6)
		ports ^= (ICMPV6_ECHO_REQUEST ^ ICMPV6_ECHO_REPLY) << 16;
	else
		ports = ports << 16 | ports >> 16;
	return direction << 56 | (word & 0x00ffffff00000000) | ports;
}

/*
 * The verdict about a reply of a connection that other rules allowed: that about
 * the packet that it replies to, which went the other way, in the direction given.
 */
__noinline __u64 reply_verdict(struct packet *pkt, __u64 half, __u32 generation, __u64 direction)
{
	struct packet asked;
	__u64 verdict;

	if (!pkt)
		return 0;
	asked = *pkt;
	asked.key.saddr = pkt->key.daddr;
	asked.key.daddr = pkt->key.saddr;
	*(__u64 *)&asked.key.sport =
		word_reversed(*(__u64 *)&pkt->key.sport, pkt->key.protocol, direction);
	verdict = policy_verdict(half, &asked);
	if (verdict & VERDICT_ALLOW)
		connection_open(&asked, generation);
	return verdict;
}

static __always_inline __u64 stateful_verdict(const struct policy *policy, __u64 half,
					      struct packet *pkt)
{
	__u64 verdict;

	switch (connection_follow(pkt, policy->generation)) {
	case MEMBER_PASS:
		return SLOT_ESTABLISHED << VERDICT_SLOT_SHIFT | VERDICT_ALLOW;
	case MEMBER_OUTDATED_INGRESS:
		return reply_verdict(pkt, half, policy->generation, DIRECTION_INGRESS);
	case MEMBER_OUTDATED_EGRESS:
		return reply_verdict(pkt, half, policy->generation, DIRECTION_EGRESS);
	}
	verdict = policy_verdict(half, pkt);
	if (verdict & VERDICT_ALLOW)
		connection_open(pkt, policy->generation);
	return verdict;
}

static __always_inline __u64 firewall_verdict(const struct policy *policy, __u64 half,
					      struct packet *pkt, enum reason reason)
{
	if (reason != REASON_NONE)
		return policy->fallback;
	return policy->stateful ? stateful_verdict(policy, half, pkt) : policy_verdict(half, pkt);
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
	verdict = firewall_verdict(policy, half, pkt, *reason);
	hit_count(pkt, verdict);
	if (verdict & VERDICT_ALLOW)
		return VERDICT_PASS;
	if (*reason == REASON_NONE)
		*reason = REASON_DENIED;
	return VERDICT_DROP;
}
