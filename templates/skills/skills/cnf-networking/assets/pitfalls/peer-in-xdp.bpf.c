// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// proof: refused
// message: bpf_redirect_peer#155

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

const volatile __u32 target;

/* snippet: code */
SEC("xdp")
int peer_in_xdp(struct xdp_md *ctx)
{
	return bpf_redirect_peer(target, 0);
}
/* end snippet */
