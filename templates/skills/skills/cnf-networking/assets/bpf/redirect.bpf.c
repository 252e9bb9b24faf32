// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// capabilities: bpf net_admin

#include <stdbool.h>

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

/* Index of a device in the namespace where the program runs. */
const volatile __u32 target;
const volatile __u8 mac[ETH_ALEN];

static __always_inline bool is_ip(struct __sk_buff *skb)
{
	return skb->protocol == bpf_htons(ETH_P_IP) || skb->protocol == bpf_htons(ETH_P_IPV6);
}

/* snippet: neigh */
/* Out of a device; the kernel finds the next hop and writes both MAC addresses. */
SEC("tc")
int to_neighbour(struct __sk_buff *skb)
{
	return is_ip(skb) ? bpf_redirect_neigh(target, NULL, 0, 0) : TC_ACT_UNSPEC;
}
/* end snippet */

/* snippet: device */
/* Out of a device whose other end wants its own MAC address in the frame. */
SEC("tc")
int to_device(struct __sk_buff *skb)
{
	__u8 destination[ETH_ALEN];

	if (!is_ip(skb))
		return TC_ACT_UNSPEC;
	for (int i = 0; i < ETH_ALEN; i++)
		destination[i] = mac[i];
	if (bpf_skb_store_bytes(skb, offsetof(struct ethhdr, h_dest), destination, ETH_ALEN, 0))
		return TC_ACT_SHOT;
	return bpf_redirect(target, 0);
}
/* end snippet */

/* snippet: peer */
/*
 * Into the namespace behind a veth or netkit device of this one, without its queue. Kernels
 * without a fix of 6.15 keep what was thought of the packet's MAC address on the way in.
 */
SEC("tc")
int to_pod(struct __sk_buff *skb)
{
	if (!is_ip(skb))
		return TC_ACT_UNSPEC;
	bpf_skb_change_type(skb, PACKET_HOST);
	return bpf_redirect_peer(target, 0);
}
/* end snippet */

/* snippet: mirror */
/* A copy for an observer; the packet itself goes on. */
SEC("tc")
int mirror(struct __sk_buff *skb)
{
	bpf_clone_redirect(skb, target, 0);
	return TC_ACT_UNSPEC;
}
/* end snippet */
