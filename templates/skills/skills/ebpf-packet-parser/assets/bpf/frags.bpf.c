// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// capabilities: bpf net_admin

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

__u32 length = 0;
__u32 last_byte = 0;

/* snippet: frags */
SEC("xdp.frags")
int frags_last_byte(struct xdp_md *ctx)
{
	__u8 byte;

	/* data_end is the end of the first buffer only; this counts all of them. */
	length = bpf_xdp_get_buff_len(ctx);
	if (!bpf_xdp_load_bytes(ctx, length - 1, &byte, sizeof(byte)))
		last_byte = byte;
	return XDP_PASS;
}
/* end snippet */
