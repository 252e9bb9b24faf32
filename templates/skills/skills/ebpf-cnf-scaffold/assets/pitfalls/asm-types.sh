#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# proof: fails
# where: pack
# message: 'asm/types.h' file not found
set -eu
# snippet: code
cat > count.bpf.c <<'END'
#include <linux/bpf.h>
END
clang-19 -target bpf -O2 -g -c count.bpf.c
# end snippet
