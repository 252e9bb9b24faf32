// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// capabilities: bpf net_admin

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

/* In network byte order; set before the program is loaded. */
const volatile __be32 new_source = 0;

/* snippet: checksum */
static __always_inline __sum16 checksum_fold(__u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16 & 0xffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

/* RFC 1624: what changes is the difference, so the rest of the packet is not read. */
static __always_inline __sum16 checksum_replace(__sum16 check, __be32 old, __be32 new)
{
	return checksum_fold(
		(__u32)bpf_csum_diff(&old, sizeof(old), &new, sizeof(new), (__u16)~check));
}
/* end snippet */

SEC("xdp.frags")
int rewrite_source(struct xdp_md *ctx)
{
	struct ethhdr eth;
	struct iphdr ip;

	if (bpf_xdp_load_bytes(ctx, 0, &eth, sizeof(eth)) || eth.h_proto != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	if (bpf_xdp_load_bytes(ctx, sizeof(eth), &ip, sizeof(ip)) || ip.version != 4 || ip.ihl < 5)
		return XDP_PASS;

	ip.check = checksum_replace(ip.check, ip.saddr, new_source);
	ip.saddr = new_source;
	if (bpf_xdp_store_bytes(ctx, sizeof(eth), &ip, sizeof(ip)))
		return XDP_ABORTED;
	return XDP_PASS;
}
