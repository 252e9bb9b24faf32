// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// proof: misbehaves
// shown-by: TestStaleChecksum
// message: the receiver got 0 of 1 datagrams

#include <stddef.h>

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

/* In network byte order; set before the program is loaded. */
const volatile __be32 backend_address = 0;

/* snippet: code */
SEC("tc")
int stale_checksum(struct __sk_buff *skb)
{
	__be32 address = backend_address;

	if (skb->protocol == bpf_htons(ETH_P_IP))
		bpf_skb_store_bytes(skb, ETH_HLEN + offsetof(struct iphdr, daddr), &address,
				    sizeof(address), BPF_F_RECOMPUTE_CSUM);
	return TC_ACT_UNSPEC;
}
/* end snippet */
