// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

#include "lib/flow.h"

enum fragment {
	FRAGMENT_NONE,
	FRAGMENT_FIRST, /* has the transport header */
	FRAGMENT_LATER,
};

enum tcp_flag {
	TCP_FIN = 0x01,
	TCP_SYN = 0x02,
	TCP_RST = 0x04,
	TCP_PSH = 0x08,
	TCP_ACK = 0x10,
	TCP_URG = 0x20,
	TCP_ECE = 0x40,
	TCP_CWR = 0x80,
};

/*
 * What a function knows about a packet. The hook fills in the length, the
 * direction and a VLAN tag that travels beside the packet; parse.h the rest.
 *
 * Nothing passes a pointer into this struct to a kernel helper, so that the
 * compiler keeps the fields in registers: for why that matters, see flow_words.
 */
struct packet {
	struct flow_key key;
	__u64 timestamp_ns;
	__u32 length; /* as the hook counts it: with the Ethernet header where there is one */
	enum fragment fragment;
	__u8 vlan_tags;
	__u8 tcp_flags; /* enum tcp_flag */
};

/* The first tag is the outer one, whose ID names the VLAN in the flow's key. */
static __always_inline void packet_add_vlan_tag(struct packet *pkt, __u16 tci)
{
	if (!pkt->vlan_tags)
		pkt->key.vlan = tci & 0x0fff;
	pkt->vlan_tags++;
}
