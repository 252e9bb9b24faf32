// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// proof: misbehaves
// shown-by: TestRedirectNowhere
// message: a packet from an interface without an entry got XDP_ABORTED

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

/* snippet: code */
struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u32);
} outputs SEC(".maps");

SEC("xdp")
int redirect_nowhere(struct xdp_md *ctx)
{
	return bpf_redirect_map(&outputs, ctx->ingress_ifindex, 0);
}
/* end snippet */
