// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

#include <stdbool.h>

#include <linux/bpf.h>
#include <linux/in.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "lib/flow.h"
#include "lib/kernel.h"
#include "lib/packet.h"
#include "lib/verdict.h"

static __always_inline __u8 socket_state(const struct sock *sk)
{
	return BPF_CORE_READ(sk, __sk_common.skc_state);
}

static __always_inline bool socket_is(const struct sock *sk, __u16 protocol)
{
	return BPF_CORE_READ(sk, sk_protocol) == protocol;
}

static __always_inline void socket_addresses(const struct sock *sk, struct flow_key *key)
{
	/* An AF_INET6 socket that talks IPv4 has its addresses mapped by the kernel. */
	if (bpf_core_field_exists(sk->__sk_common.skc_v6_daddr) &&
	    BPF_CORE_READ(sk, __sk_common.skc_family) == AF_INET6) {
		BPF_CORE_READ_INTO(&key->saddr, sk, __sk_common.skc_v6_rcv_saddr);
		BPF_CORE_READ_INTO(&key->daddr, sk, __sk_common.skc_v6_daddr);
		return;
	}
	ipv4_mapped(&key->saddr, BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr));
	ipv4_mapped(&key->daddr, BPF_CORE_READ(sk, __sk_common.skc_daddr));
}

/* What a connected socket sends. The socket keeps it until the next connect, also when closed. */
static __always_inline struct flow_key socket_flow(const struct sock *sk, __u8 protocol)
{
	const struct inet_sock *inet = (const void *)sk;
	struct flow_key key = {
		.sport = BPF_CORE_READ(inet, inet_sport),
		.dport = BPF_CORE_READ(sk, __sk_common.skc_dport),
		.protocol = protocol,
		.direction = DIRECTION_EGRESS,
	};

	socket_addresses(sk, &key);
	return key;
}

/* What the socket of a flow receives, or the other way round. */
static __always_inline struct flow_key flow_reverse(const struct flow_key *key)
{
	return (struct flow_key){
		.saddr = key->daddr,
		.daddr = key->saddr,
		.sport = key->dport,
		.dport = key->sport,
		.vlan = key->vlan,
		.protocol = key->protocol,
		.direction =
			key->direction == DIRECTION_EGRESS ? DIRECTION_INGRESS : DIRECTION_EGRESS,
	};
}
