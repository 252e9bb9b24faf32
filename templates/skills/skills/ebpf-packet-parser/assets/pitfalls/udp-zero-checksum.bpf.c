// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// proof: misbehaves
// shown-by: TestUDPZeroChecksum
// message: a datagram without a checksum has a wrong one now

#include <stddef.h>

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

#define UDP_OFFSET (ETH_HLEN + sizeof(struct iphdr))

/* snippet: code */
SEC("tc")
int udp_zero_checksum(struct __sk_buff *skb)
{
	__be16 new_port = bpf_htons(5353), old_port;

	if (bpf_skb_load_bytes(skb, UDP_OFFSET + offsetof(struct udphdr, dest), &old_port,
			       sizeof(old_port)))
		return TC_ACT_UNSPEC;
	bpf_l4_csum_replace(skb, UDP_OFFSET + offsetof(struct udphdr, check), old_port, new_port,
			    sizeof(new_port));
	bpf_skb_store_bytes(skb, UDP_OFFSET + offsetof(struct udphdr, dest), &new_port,
			    sizeof(new_port), 0);
	return TC_ACT_UNSPEC;
}
/* end snippet */
