// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

/* A packet of the kernel: lib/frame.h. */
struct frame;
typedef struct frame packet_context;
