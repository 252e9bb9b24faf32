// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

#include <linux/types.h>

/*
 * Every bit of the address changes about half of the bits of the hash: three
 * odd multipliers carry differences up, and the shifts carry them down again.
 */
static __always_inline __u64 address_hash(__u64 high, __u64 low)
{
	__u64 hash = high * 0x9e3779b97f4a7c15;

	hash = (hash ^ hash >> 32 ^ low) * 0xc2b2ae3d27d4eb4f;
	hash = (hash ^ hash >> 29) * 0xff51afd7ed558ccd;
	return hash ^ hash >> 32;
}
