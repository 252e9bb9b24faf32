// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in6.h>
#include <bpf/bpf_helpers.h>

#include "lib/packet.h"
#include "lib/percpu.h"
#include "lib/totals.h"
#include "function/service.h"

enum forward_mode {
	FORWARD_L2,   /* another MAC address, nothing else */
	FORWARD_IPV4, /* in an IPv4 packet */
	FORWARD_IPV6, /* in an IPv6 packet */
};

/* Where a backend's packets go: a cache line. All zero for a backend that takes none. */
struct backend {
	__u8 destination[ETH_ALEN]; /* the next hop's MAC address, and ours behind it, as in a frame
				     */
	__u8 source[ETH_ALEN];
	__u32 service;	       /* the backend's one service */
	struct in6_addr local; /* addresses of the outer header, IPv4-mapped where it is IPv4 */
	struct in6_addr remote;
	__u32 interface;
	enum forward_mode mode;
	__u32 drains; /* keeps its connections, gets no new ones */
	__u32 number;
};

/* Backends of all services; user space sets it. 0 is no backend. */
const volatile __u32 max_backends = 1024;

/*
 * A backend keeps its number for as long as it is configured, through every change
 * of the others and through restarts: the sticky table remembers numbers.
 * Key: half * max_backends + number.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2 * 1024);
	__type(key, __u32);
	__type(value, struct backend);
} backends SEC(".maps");

/* Whose number it is, for user space alone: a restarted balancer has to know. */
struct identity {
	struct in6_addr service;
	struct in6_addr address;
	__be16 port;
	__u16 protocol;
	__u32 used; /* of entry 0: the number that was given last */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct identity);
} identities SEC(".maps");

struct backend_total {
	__u64 packets;
	__u64 bytes;
	__u64 choices; /* packets of flows that the sticky table did not know */
};

/* Key: the backend's number. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct backend_total);
} backend_totals SEC(".maps");

static __always_inline const struct backend *backend_get(__u64 current, __u64 number)
{
	return array_lookup(&backends, generation_half(current) * max_backends + number);
}

static __always_inline struct backend_total *backend_total(__u64 number)
{
	return array_lookup(&backend_totals, number);
}

static __always_inline void backend_count(const struct backend *backend, const struct packet *pkt)
{
	struct backend_total *total = backend_total(backend->number);

	if (!total)
		return;
	percpu_add(&total->packets, 1);
	percpu_add(&total->bytes, pkt->length);
}

static __always_inline void backend_count_choice(__u64 number)
{
	struct backend_total *total = backend_total(number);

	if (total)
		percpu_add(&total->choices, 1);
}
