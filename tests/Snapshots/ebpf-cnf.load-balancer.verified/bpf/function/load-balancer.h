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

/* The number of the flow's backend, 0 if the service has none. */
static __always_inline __u64 choose(const struct packet *pkt, const struct service *service,
				    struct sticky_line *line, __u64 current, __u64 hash, bool learn,
				    __u64 *choices)
{
	__u64 now = sticky_now();
	__u32 place = sticky_place(line, hash);
	__u64 entry = line->entry[place];
	__u64 age = sticky_age(entry, now);
	__u64 number = sticky_backend(entry);
	const struct backend *backend = backend_get(current, number);

	if (sticky_matches(entry, hash) && backend && backend->service == service->id &&
	    age <= idle_ticks &&
	    !(backend->drains && (pkt->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN)) {
		if (learn && age > 1)
			sticky_refresh(line, place, entry, now);
		return number;
	}
	number = ring_pick(current, service->id, hash);
	if (learn && number)
		sticky_insert(line, hash, number, now);
	*choices = learn;
	return number;
}

static __always_inline enum reason balance(packet_context *ctx, struct packet *pkt,
					   const struct flow_key *key,
					   const struct service *service, __u64 current, __u64 sum,
					   bool learn)
{
	__u64 hash = hash_flow(key, sum);
	struct sticky_line *line = sticky_line(hash);
	const struct backend *backend;
	__u64 choices = 0;
	__u64 number;

	if (!line)
		return REASON_NO_BACKEND;
	number = choose(pkt, service, line, current, hash, learn, &choices);
	backend = backend_get(current, number);
	if (!number || !backend)
		return REASON_NO_BACKEND;
	backend_count(number, pkt, choices);
	return forward(ctx, pkt, backend, hash);
}

#define NO_SERVICE -1

/* An enum reason, or NO_SERVICE. Verified on its own, for it is rare and large. */
__noinline int balance_icmp_error(packet_context *ctx, struct packet *pkt)
{
	__u64 current = generation;
	const struct service *service;
	struct flow_key key;
	__u64 sum;

	if (!pkt || !icmp_flow(ctx, pkt, &key))
		return NO_SERVICE;
	sum = hash_service(&key);
	service = service_find(&key, current, sum);
	if (!service)
		return NO_SERVICE;
	return balance(ctx, pkt, &key, service, current, sum, false);
}

static __always_inline enum verdict decide(void *ctx, struct packet *pkt, enum reason *reason)
{
	__u64 current = generation;
	const struct service *service;
	__u64 sum;

	if (!current || *reason != REASON_NONE || pkt->fragment != FRAGMENT_NONE ||
	    pkt->key.direction != DIRECTION_INGRESS)
		return VERDICT_PASS;

	if (is_icmp_error(&pkt->key)) {
		int found = balance_icmp_error(ctx, pkt);

		if (found == NO_SERVICE)
			return VERDICT_PASS;
		*reason = found;
	} else {
		sum = hash_service(&pkt->key);
		service = service_find(&pkt->key, current, sum);
		if (!service)
			return VERDICT_PASS;
		*reason = balance(ctx, pkt, &pkt->key, service, current, sum, true);
	}
	return *reason == REASON_NONE ? VERDICT_FORWARD : VERDICT_DROP;
}
