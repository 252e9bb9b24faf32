// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// proof: refused
// from: 7.0
// otherwise: loads
// message: fentry do_unlinkat not supported
// host: no, its kernel refuses fentry

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

/* snippet: code */
SEC("fentry/do_unlinkat")
int file_removed(void *ctx)
{
	return 0;
}
/* end snippet */
