// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "lib/packet.h"
#include "lib/totals.h"
#include "function/policy.h"
#include "function/prefix.h"

static __always_inline __u64 policy_number(__u64 half, __u64 index)
{
	__u64 *word = array_lookup(&policy_numbers, half * (POLICY_NUMBERS / 4) + index / 4);

	return word ? *word >> (index % 4 * 16) & 0xffff : 0;
}

static __always_inline const struct rule_set *policy_set(__u64 half, __u64 class)
{
	return array_lookup(&policy_sets, half * POLICY_SETS + class);
}

/*
 * Direction, protocol, and whether the packet has ports: a later fragment has
 * none, whatever its key says, and never matches a rule that asks for some.
 */
static __always_inline __u64 packet_kind(const struct packet *pkt)
{
	return (pkt->fragment == FRAGMENT_LATER) << 9 | pkt->key.direction << 8 | pkt->key.protocol;
}

/* The number of the lowest bit: that many ones are left of it once it borrows. */
static __always_inline __u64 lowest_bit(__u64 word)
{
	word = ~word & (word - 1);
	word -= word >> 1 & 0x5555555555555555;
	word = (word & 0x3333333333333333) + (word >> 2 & 0x3333333333333333);
	word = (word + (word >> 4)) & 0x0f0f0f0f0f0f0f0f;
	return word * 0x0101010101010101 >> 56;
}

/*
 * The verdict of the first rule that matches a packet whose source is of this
 * class. A global function, as prefix_search is. A call costs a few nanoseconds;
 * packets that no rule is about, and those of a list of sources, do without.
 */
__noinline __u64 rules_verdict(struct packet *pkt, __u64 half, __u64 source_class)
{
	const struct policy *policy = array_lookup(&policies, half);
	const struct rule_set *source, *dest, *kind, *source_port, *dest_port;
	__u64 dest_class, port, candidates, matches;

	if (!pkt || !policy)
		return 0;
	dest_class = address_class(half, SPACE_DEST_6, &pkt->key.daddr);
	if (dest_class & CLASS_DECIDES)
		return dest_class & ~CLASS_DECIDES;
	source = policy_set(half, source_class);
	dest = policy_set(half, dest_class);
	kind = policy_set(half, policy_number(half, NUMBERS_KINDS + packet_kind(pkt)));
	port = bpf_ntohs(pkt->key.sport) & policy->source_port_mask;
	source_port = policy_set(half, policy_number(half, NUMBERS_SOURCE_PORTS + port));
	port = bpf_ntohs(pkt->key.dport) & policy->dest_port_mask;
	dest_port = policy_set(half, policy_number(half, NUMBERS_DEST_PORTS + port));
	if (!source || !dest || !kind || !source_port || !dest_port)
		return policy->fallback;

	candidates = source->summary & dest->summary & kind->summary & source_port->summary &
		     dest_port->summary;
#pragma unroll
	for (int i = 0; i < SET_WORDS; i++) {
		if (!(candidates & 1 << i))
			continue;
		matches = source->words[i] & dest->words[i] & kind->words[i] &
			  source_port->words[i] & dest_port->words[i];
		if (matches)
			return policy_number(half, NUMBERS_VERDICTS + i * 64 + lowest_bit(matches));
	}
	return policy->fallback;
}

static __always_inline __u64 policy_verdict(__u64 half, struct packet *pkt)
{
	__u64 source_class = address_class(half, SPACE_SOURCE_6, &pkt->key.saddr);

	if (source_class & CLASS_DECIDES)
		return source_class & ~CLASS_DECIDES;
	return rules_verdict(pkt, half, source_class);
}
