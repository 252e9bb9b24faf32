// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// proof: does-not-compile
// message: file not found

#include <linux/bpf.h>
#include <linux/icmp.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

SEC("xdp")
int icmp_header(struct xdp_md *ctx)
{
	struct icmphdr icmp;

	return bpf_xdp_load_bytes(ctx, 34, &icmp, sizeof(icmp)) ? XDP_PASS : XDP_DROP;
}
