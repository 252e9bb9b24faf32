// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

#include <linux/types.h>

/*
 * Adds to a counter of this CPU. Softirqs are off wherever the programs run, so
 * none of them comes between another's read and write.
 */
static __always_inline void percpu_add(__u64 *counter, __u64 n)
{
	*counter += n;
}
