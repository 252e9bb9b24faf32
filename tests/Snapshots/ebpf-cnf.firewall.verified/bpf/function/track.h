// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

#include <stdbool.h>

#include <linux/bpf.h>
#include <linux/in.h>
#include <bpf/bpf_helpers.h>

#include "lib/packet.h"
#include "lib/totals.h"
#include "function/connection.h"

/*
 * What packets do to connections. A connection is opened by a packet that the
 * rules allow; from then on packets of both directions pass without them. TCP
 * packets must fit: a SYN is always for the rules to judge, and is answered by
 * SYN+ACK or RST and nothing else. A connection whose beginning was not seen,
 * because the firewall is younger, is opened by any packet of its own direction.
 */

enum membership {
	MEMBER_NONE, /* the rules decide */
	MEMBER_PASS,
	/* A reply of a connection that other rules allowed, and which way that was opened. */
	MEMBER_OUTDATED_INGRESS,
	MEMBER_OUTDATED_EGRESS,
};

static __always_inline bool tcp_opens(const struct packet *pkt)
{
	return pkt->key.protocol == IPPROTO_TCP &&
	       (pkt->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
}

/* Whether a TCP reply fits what the connection has seen so far. */
static __always_inline bool tcp_reply_fits(const struct packet *pkt, __u32 flags)
{
	return !(flags & CONNECTION_OPENING) || pkt->tcp_flags & (TCP_SYN | TCP_RST);
}

static __always_inline __u32 flags_after(const struct packet *pkt, __u32 flags, bool reply)
{
	if (reply)
		flags = (flags | CONNECTION_REPLIED) & ~CONNECTION_OPENING;
	if (pkt->tcp_flags & TCP_FIN)
		flags |= CONNECTION_CLOSING;
	if (pkt->tcp_flags & TCP_RST)
		flags |= CONNECTION_RESET;
	return flags;
}

/*
 * Whether the packet belongs to a connection that the rules have allowed. A
 * global function, as rules_verdict is.
 */
__noinline int connection_follow(struct packet *pkt, __u32 generation)
{
	__u32 now = connection_clock();
	struct connection_place place;
	struct connection_bucket *bucket;
	const struct connection_key *key;
	struct connection_found found;
	__u64 next;
	__u32 flags;
	bool reply;

	/* Who opens a connection must be allowed to, also if there was one before. */
	if (!pkt || !connection_possible(pkt) || tcp_opens(pkt))
		return MEMBER_NONE;
	place = connection_place(pkt);
	bucket = array_lookup(&connections, place.bucket);
	if (!bucket)
		return MEMBER_NONE;
	found = bucket_find(bucket, place.hash);
	if (found.state >> STATE_HASH_SHIFT != place.hash || !state_is_alive(found.state, now))
		return MEMBER_NONE;

	key = array_lookup(&connection_keys, place.bucket * BUCKET_PLACES + found.place);
	if (!key)
		return MEMBER_NONE;
	reply = !key_is_forward(key, pkt);
	if (reply && !key_is_reverse(key, pkt))
		return MEMBER_NONE;
	if (is_icmp(pkt) && reply != is_echo_reply(pkt))
		return MEMBER_NONE;

	flags = found.state & STATE_FLAGS;
	if (pkt->key.protocol == IPPROTO_TCP) {
		if (reply && !tcp_reply_fits(pkt, flags))
			return MEMBER_NONE;
		/* What is on its way still arrives. If it goes on, the reset was not genuine. */
		if (flags & CONNECTION_RESET)
			return reply ? MEMBER_PASS : MEMBER_NONE;
		flags = flags_after(pkt, flags, reply);
	} else if (reply) {
		flags |= CONNECTION_REPLIED;
	}
	next = connection_state(pkt, place.hash, flags, now);
	if (next != found.state)
		bucket_store(bucket, found.place, next);
	if (key->ports >> PORTS_GENERATION == generation)
		return MEMBER_PASS;
	if (!reply)
		return MEMBER_NONE;
	return flags & CONNECTION_EGRESS ? MEMBER_OUTDATED_EGRESS : MEMBER_OUTDATED_INGRESS;
}

/* Remembers a connection that the rules allow, so that its replies pass. */
__noinline int connection_open(struct packet *pkt, __u32 generation)
{
	__u32 now = connection_clock();
	struct connection_place place;
	struct connection_bucket *bucket;
	struct connection_key *key;
	struct connection_found found;
	__u32 flags;

	if (!pkt || !connection_possible(pkt) || pkt->tcp_flags & TCP_RST ||
	    (is_icmp(pkt) && !is_echo_request(pkt)))
		return 0;
	place = connection_place(pkt);
	bucket = array_lookup(&connections, place.bucket);
	if (!bucket)
		return 0;
	found = bucket_find(bucket, place.hash);
	key = array_lookup(&connection_keys, place.bucket * BUCKET_PLACES + found.place);
	if (!key)
		return 0;

	if (found.state >> STATE_HASH_SHIFT == place.hash && state_is_alive(found.state, now) &&
	    !(found.state & (CONNECTION_CLOSING | CONNECTION_RESET)))
		flags = found.state & STATE_FLAGS;
	else
		flags = (tcp_opens(pkt) ? CONNECTION_OPENING : 0) |
			(pkt->key.direction == DIRECTION_EGRESS ? CONNECTION_EGRESS : 0);

	key->source[0] = ((const __u64 *)&pkt->key.saddr)[0];
	key->source[1] = ((const __u64 *)&pkt->key.saddr)[1];
	key->dest[0] = ((const __u64 *)&pkt->key.daddr)[0];
	key->dest[1] = ((const __u64 *)&pkt->key.daddr)[1];
	key->ports = connection_ports(pkt, pkt->key.sport, pkt->key.dport) |
		     (__u64)generation << PORTS_GENERATION;
	bucket_store(bucket, found.place, connection_state(pkt, place.hash, flags, now));
	return 0;
}
