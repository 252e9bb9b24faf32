// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// proof: misbehaves
// shown-by: TestVLANBeside
// message: found 0 VLAN tags in 1 frame that was sent with tag 100

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

__u32 tags = 0;

/* snippet: code */
SEC("tc")
int vlan_beside(struct __sk_buff *skb)
{
	struct ethhdr eth;

	if (!bpf_skb_load_bytes(skb, 0, &eth, sizeof(eth)) && eth.h_proto == bpf_htons(ETH_P_8021Q))
		__sync_fetch_and_add(&tags, 1);
	return TC_ACT_UNSPEC;
}
/* end snippet */
