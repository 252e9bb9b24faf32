// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

#include "lib/flow.h"
#include "lib/verdict.h"

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
 * The first field of each 8-byte word is the one to write last. Once it holds a
 * number, Linux 6.1 takes the word of the stack for a spilled register and refuses
 * a program without CAP_PERFMON that stores to the rest of it: "attempt to
 * corrupt spilled pointer on stack". The same goes for every key and value that
 * a function keeps on its stack.
 */
struct packet {
	struct flow_key key;
	__u8 tcp_flags; /* enum tcp_flag */
	__u8 fragment;	/* enum fragment */
	__u8 vlan_tags;
	__u32 length; /* as the hook counts it: with the Ethernet header where there is one */
};

/*
 * The empty assembly takes the packet's address, so that it stays in memory. The
 * compiler would rather spread it over registers and spill these, and without
 * CAP_PERFMON every spill costs a speculation barrier: together they would take
 * several times as long as the rest of the program.
 */
static __always_inline void packet_init(struct packet *pkt, enum direction direction, __u32 length)
{
	*pkt = (struct packet){};
	asm volatile("" : : "r"(pkt) : "memory");
	pkt->key.direction = direction;
	pkt->length = length;
	barrier();
}

/* The first tag is the outer one, whose ID names the VLAN in the flow's key. */
static __always_inline void packet_add_vlan_tag(struct packet *pkt, __u16 tci)
{
	if (!pkt->vlan_tags)
		pkt->key.vlan = tci & 0x0fff;
	pkt->vlan_tags++;
}

static __always_inline void packet_set_ports(struct packet *pkt, __be16 source, __be16 dest)
{
	pkt->key.dport = dest;
	barrier();
	pkt->key.sport = source;
}
