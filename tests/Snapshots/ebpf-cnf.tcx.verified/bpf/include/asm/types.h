// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

/*
 * The kernel's user headers ask for asm/types.h, which distributions keep under
 * a directory of the build host's architecture. A BPF object depends on no
 * host, so the headers in this directory lead to the generic ones instead.
 */
#include <asm-generic/int-ll64.h>
