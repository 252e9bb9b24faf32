// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

#include <stdbool.h>

#include <linux/bpf.h>
#include <linux/in.h>
#include <bpf/bpf_helpers.h>

#include "lib/packet.h"
#include "lib/verdict.h"
#include "function/backend.h"
#include "function/icmp.h"
#include "function/ring.h"
#include "function/service.h"
#include "function/sticky.h"
#include "lib/forward.h"

/*
 * A packet for a service goes to one of its backends: to the one that its flow went to
 * before, or else to the one that the service's ring names. The backend answers the
 * client itself (direct server return), so only one direction is seen here.
 *
 * Whatever else a machine receives passes: other addresses and ports, fragments,
 * which do not tell their ports, and echo requests.
 */

/* A backend that drains takes no new connections, not even on ports that were in use before. */
static __always_inline bool backend_refuses(const struct backend *backend, const struct packet *pkt)
{
	return backend->drains && (pkt->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
}

/*
 * The number of the backend that the ring has for a flow that is not remembered, 0 for
 * none. It is remembered from now on if the packet is the flow's own. Verified on its own, not
 * for all that may come before it, because not every packet needs it.
 */
__noinline int choose_anew(__u64 current, __u64 service, __u64 hash, __u64 now, bool learn)
{
	struct sticky_line *line = sticky_line(hash);
	__u64 number = ring_pick(current, service, hash);

	if (number && line && learn) {
		sticky_insert(line, hash, number, now);
		backend_count_choice(number);
	}
	return number;
}

/* What is remembered of an ICMP error's flow is used, but not changed. */
static __always_inline const struct backend *choose(const struct packet *pkt, __u64 current,
						    __u64 service, __u64 hash, bool learn)
{
	struct sticky_line *line = sticky_line(hash);
	const struct backend *backend;
	__u64 now = sticky_now();
	__u64 place, entry, age;

	if (!line)
		return NULL;
	place = sticky_find(line, hash);
	entry = line->word[place];
	age = sticky_age(entry, now);
	backend = backend_get(current, sticky_backend(entry));
	if (sticky_is_of(entry, hash) && backend && backend->service == service &&
	    age <= idle_ticks && !backend_refuses(backend, pkt)) {
		if (learn && age > 1)
			sticky_set(line, place, sticky_entry(entry, backend->number, now));
		return backend;
	}
	backend = backend_get(current, choose_anew(current, service, hash, now, learn) & 0xffff);
	return backend && backend->number ? backend : NULL;
}

static __always_inline enum reason balance(packet_context *ctx, struct packet *pkt,
					   const struct flow_key *key, struct match match,
					   __u64 current, bool learn)
{
	__u64 hash = hash_flow(key, match.sum);
	const struct backend *backend = choose(pkt, current, match.id, hash, learn);

	if (!backend)
		return REASON_NO_BACKEND;
	backend_count(backend, pkt);
	return forward(ctx, pkt, backend, hash);
}

#define NO_SERVICE -1

/* An enum reason, or NO_SERVICE. Verified on its own, for it is rare and large. */
__noinline int balance_icmp_error(packet_context *ctx, struct packet *pkt)
{
	__u64 current = generation;
	struct flow_key key;
	struct match match;

	if (!pkt || !icmp_flow(ctx, pkt, &key))
		return NO_SERVICE;
	match = service_find(&key, current);
	if (!match.id)
		return NO_SERVICE;
	return balance(ctx, pkt, &key, match, current, false);
}

static __always_inline int balance_packet(packet_context *ctx, struct packet *pkt, __u64 current)
{
	struct match match = service_find(&pkt->key, current);

	if (!match.id)
		return NO_SERVICE;
	return balance(ctx, pkt, &pkt->key, match, current, true);
}

static __always_inline enum verdict decide(void *ctx, struct packet *pkt, enum reason *reason)
{
	__u64 current = generation;
	int result;

	if (!current || *reason != REASON_NONE || pkt->fragment != FRAGMENT_NONE ||
	    pkt->key.direction != DIRECTION_INGRESS)
		return VERDICT_PASS;

	if (pkt->key.protocol == IPPROTO_TCP || pkt->key.protocol == IPPROTO_UDP)
		result = balance_packet(ctx, pkt, current);
	else if (is_icmp_error(&pkt->key))
		result = balance_icmp_error(ctx, pkt);
	else
		result = NO_SERVICE;

	if (result == NO_SERVICE)
		return VERDICT_PASS;
	*reason = result;
	return result == REASON_NONE ? VERDICT_FORWARD : VERDICT_DROP;
}
