// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

/* BPF registers are 64 bits wide on every host. */
#define __BITS_PER_LONG 64

#include <asm-generic/bitsperlong.h>
