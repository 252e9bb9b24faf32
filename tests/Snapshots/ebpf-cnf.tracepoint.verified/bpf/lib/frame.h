// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

#include <stdbool.h>

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "lib/kernel.h"
#include "lib/parse.h"

#define MAC_HEADER_UNSET 0xffff

/* A packet of the kernel, from the first header that the parser is to see. */
struct frame {
	const unsigned char *start;
	__u32 length;
	__u32 linear; /* that many bytes lie at start, the rest in pages that nothing here can read
		       */
	bool ethernet;
	bool vlan_present;
	__u16 vlan_tci;
};

static __always_inline long packet_load(void *ctx, __u32 offset, void *to, __u32 size)
{
	const struct frame *frame = ctx;

	/* The verifier cannot know that whoever calls parse_ipv6_extension has a frame. */
	if (!frame || offset + size > frame->linear)
		return -1;
	return bpf_probe_read_kernel(to, size, frame->start + offset);
}

/* A tag that travels beside the packet. The mark that there is one moved in Linux 6.2. */
static __always_inline bool skb_vlan_present(const struct sk_buff *skb)
{
	if (bpf_core_field_exists(skb->vlan_present))
		return BPF_CORE_READ_BITFIELD_PROBED(skb, vlan_present);
	return BPF_CORE_READ(skb, vlan_all);
}

/* Loopback has Ethernet headers too, and a netkit device in L3 mode only claims to. */
static __always_inline bool has_ethernet_header(const struct sk_buff *skb, long link_header_size)
{
	__u16 type = BPF_CORE_READ(skb, dev, type);

	return (type == ARPHRD_ETHER || type == ARPHRD_LOOPBACK) && link_header_size >= ETH_HLEN;
}

/* The packet with its link layer's header from link on, and with its IP header from network on. */
static __always_inline struct frame frame_new(const struct sk_buff *skb, const unsigned char *link,
					      const unsigned char *network)
{
	bool ethernet = has_ethernet_header(skb, network - link);
	const unsigned char *start = ethernet ? link : network;
	__u32 before_data = BPF_CORE_READ(skb, data) - start;
	__u32 length = BPF_CORE_READ(skb, len) + before_data;

	return (struct frame){
		.start = start,
		.length = length,
		.linear = length - BPF_CORE_READ(skb, data_len),
		.ethernet = ethernet,
		.vlan_present = skb_vlan_present(skb),
		.vlan_tci = BPF_CORE_READ(skb, vlan_tci),
	};
}

static __always_inline struct frame frame_received(const struct sk_buff *skb)
{
	const unsigned char *data = BPF_CORE_READ(skb, data);
	__u16 mac_header = BPF_CORE_READ(skb, mac_header);

	/* The IP header is where the data begins: the kernel notes it down after this event. */
	if (mac_header == MAC_HEADER_UNSET)
		return frame_new(skb, data, data);
	return frame_new(skb, BPF_CORE_READ(skb, head) + mac_header, data);
}

static __always_inline struct frame frame_queued(const struct sk_buff *skb)
{
	return frame_new(skb, BPF_CORE_READ(skb, data),
			 BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, network_header));
}
