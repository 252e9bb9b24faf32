// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// proof: misbehaves
// shown-by: TestNoFrags
// message: numerical result out of range

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

/* snippet: code */
SEC("xdp")
int no_frags(struct xdp_md *ctx)
{
	return XDP_PASS;
}
/* end snippet */
