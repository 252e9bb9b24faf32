// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

#include "lib/process.h"

/* A probe only watches: the verdict of the function is counted, not carried out. */
static __always_inline void message_count(const struct flow_key *key, __u32 length)
{
	struct packet pkt = {
		.key = *key,
		.length = length,
	};

	process_packet(NULL, &pkt, REASON_NONE);
}
