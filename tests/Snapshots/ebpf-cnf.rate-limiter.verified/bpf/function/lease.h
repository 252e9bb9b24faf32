// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

#include <stdbool.h>

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "lib/percpu.h"
#include "lib/totals.h"

/*
 * CPUs that take from the same bucket wait for each other's writes. So as long as such a
 * bucket is large and more than half full, each of them takes 32 packets' worth at once,
 * and the next packets of the key use that up without a write that others see. Below
 * one half each packet takes for itself.
 *
 * What a CPU holds has been paid for, so that never more passes than the rate allows. What
 * it holds and does not use comes from the upper half of the bucket, so that nobody who keeps
 * to the rate ever finds the bucket empty for it.
 */
#define LEASE_PACKETS	  32
#define LEASE_MIN_PACKETS 16384 /* in a full bucket that is large enough for leases */
#define LEASES		  2048	/* of a CPU */

struct lease {
	__u64 key;
	__u32 tick; /* when it was taken */
	__u32 pad;
	__u64 tokens;
};

/* User space makes room for every CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, LEASES);
	__type(key, __u32);
	__type(value, struct lease);
} leases SEC(".maps");

static __always_inline struct lease *lease_find(__u64 key)
{
	__u64 first = bpf_get_smp_processor_id() * LEASES;

	return array_lookup(&leases, first + (key >> 32) % LEASES);
}

/* Signed, in case that it interrupts a program on this CPU that takes the same tokens. */
static __always_inline bool lease_take(struct lease *lease, __u64 key, __u64 cost)
{
	if (lease->key != key || (__s64)lease->tokens < (__s64)cost)
		return false;
	percpu_add(&lease->tokens, -cost);
	return true;
}

/*
 * Tells what to take from the bucket for a packet and for the lease that it leaves behind. Keys
 * that meet in one place have it in turn, tick by tick.
 */
static __always_inline __u64 lease_renew(struct lease *lease, __u64 key, __u64 tokens, __u64 burst,
					 __u64 cost)
{
	__u32 tick = bpf_jiffies64();

	if (tokens < burst / 2 || cost * LEASE_MIN_PACKETS > burst)
		return cost;
	if (lease->key != key && lease->tick == tick)
		return cost;
	lease->key = key;
	lease->tick = tick;
	lease->tokens = cost * (LEASE_PACKETS - 1);
	return cost * LEASE_PACKETS;
}
