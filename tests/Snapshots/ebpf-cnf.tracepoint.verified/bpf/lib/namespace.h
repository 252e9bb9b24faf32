// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

#include <stdbool.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "lib/kernel.h"

/*
 * Kernel events come from all network namespaces, and each of them counts its
 * interfaces from 1 and uses what addresses it likes. 0 means all namespaces.
 */
const volatile __u64 netns_cookie = 0;

static __always_inline bool netns_watched(const possible_net_t *netns)
{
	return !netns_cookie || BPF_CORE_READ(netns, net, net_cookie) == netns_cookie;
}
