// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

#include <stdbool.h>

#include <linux/bpf.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "lib/kernel.h"
#include "lib/message.h"
#include "lib/namespace.h"
#include "lib/socket.h"

/* Reads the addresses from the packet: those of the socket may be wildcards. */
static __always_inline bool datagram_addresses(const unsigned char *header, struct flow_key *key)
{
	struct ipv6hdr ip6;
	struct iphdr ip4;

	if (bpf_probe_read_kernel(&ip4, sizeof(ip4), header))
		return false;
	if (ip4.version == 4) {
		ipv4_mapped(&key->saddr, ip4.saddr);
		ipv4_mapped(&key->daddr, ip4.daddr);
		return true;
	}
	if (bpf_probe_read_kernel(&ip6, sizeof(ip6), header))
		return false;
	key->saddr = ip6.saddr;
	key->daddr = ip6.daddr;
	return true;
}

static __always_inline void datagram_count(const struct sk_buff *skb, enum direction direction)
{
	const unsigned char *head = BPF_CORE_READ(skb, head);
	struct flow_key key = {
		.protocol = IPPROTO_UDP,
		.direction = direction,
	};
	struct udphdr udp;

	if (bpf_probe_read_kernel(&udp, sizeof(udp), head + BPF_CORE_READ(skb, transport_header)))
		return;
	if (!datagram_addresses(head + BPF_CORE_READ(skb, network_header), &key))
		return;
	key.sport = udp.source;
	key.dport = udp.dest;
	message_count(&key, bpf_ntohs(udp.len) - sizeof(udp));
}

/* Raw sockets pass here as well, and can claim to be UDP. */
static __always_inline bool datagram_watched(const struct sock *sk)
{
	return socket_is(sk, IPPROTO_UDP) && BPF_CORE_READ(sk, sk_type) == SOCK_DGRAM &&
	       netns_watched(&sk->__sk_common.skc_net);
}

/* A datagram that is only looked at (MSG_PEEK) has a negative length, or is still queued too. */
static __always_inline bool datagram_peeked(const struct sk_buff *skb, int length)
{
	return length < 0 || (!length && BPF_CORE_READ(skb, users.refs.counter) > 1);
}
