// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// proof: refused
// message: infinite loop detected at insn

#include <stdbool.h>

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

/* snippet: code */
SEC("tc")
int unbounded_loop(struct __sk_buff *skb)
{
	__u32 offset = sizeof(struct ethhdr) + sizeof(struct ipv6hdr);
	__u8 ext[2];

	do {
		if (bpf_skb_load_bytes(skb, offset, ext, sizeof(ext)))
			return TC_ACT_UNSPEC;
		offset = (offset + (ext[1] + 1) * 8) & 0x7ff;
	} while (ext[0] == IPPROTO_HOPOPTS || ext[0] == IPPROTO_DSTOPTS);
	return TC_ACT_UNSPEC;
}
/* end snippet */
