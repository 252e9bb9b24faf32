// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "lib/account.h"
#include "lib/packet.h"
#include "lib/totals.h"
#include "lib/verdict.h"

/*
 * The function's policy, defined by the header in function/. It sees every
 * packet: *reason tells what the parser found wrong with it, and only with
 * REASON_NONE the key is complete. A function that drops a packet may put its
 * own reason there. ctx is the hook's, for functions that change packets.
 */
static __always_inline enum verdict decide(void *ctx, struct packet *pkt, enum reason *reason);

/* What happens to a packet between the hook's parser and the hook's return code. */
static __always_inline enum verdict process_packet(void *ctx, struct packet *pkt,
						   enum reason reason)
{
	enum verdict verdict = decide(ctx, pkt, &reason);

	total_add(pkt, verdict, reason);
	if (flows_enabled && reason == REASON_NONE)
		flow_account(pkt);
	return verdict;
}
