// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// proof: misbehaves
// shown-by: TestXDPIntoVeth
// message: 0 of 3 datagrams arrived

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

const volatile __u32 target;

/* snippet: code */
/* Native XDP, into a veth device whose other end has no XDP program. */
SEC("xdp")
int xdp_into_veth(struct xdp_md *ctx)
{
	return bpf_redirect(target, 0);
}
/* end snippet */
