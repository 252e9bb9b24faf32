// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// proof: refused
// message: math between pkt pointer and register with unbounded min value is not allowed

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

/* snippet: code */
SEC("xdp")
int unbounded_offset(struct xdp_md *ctx)
{
	void *end = (void *)(long)ctx->data_end;
	void *pos = (void *)(long)ctx->data;
	long offset;

	if (bpf_xdp_load_bytes(ctx, 0, &offset, sizeof(offset)))
		return XDP_PASS;
	pos += offset;
	if (pos + 1 > end)
		return XDP_PASS;
	return *(char *)pos ? XDP_PASS : XDP_DROP;
}
/* end snippet */
