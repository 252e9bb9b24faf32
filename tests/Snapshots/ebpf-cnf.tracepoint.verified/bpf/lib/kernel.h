// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

#include <linux/in6.h>
#include <linux/types.h>

/*
 * The kernel's own structs, with only the members that are read here. Their
 * order and place mean nothing: the loader looks every member up by name in the
 * running kernel's BTF, which is why one object fits all kernels.
 */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct net {
	__u64 net_cookie;
};

typedef struct {
	struct net *net;
} possible_net_t;

struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
	unsigned long skc_flags;
};

struct sock {
	struct sock_common __sk_common;
	__u16 sk_type;
	__u16 sk_protocol;
};

struct inet_sock {
	__be16 inet_sport;
};

struct tcp_sock {
	__u32 write_seq;
	__u32 copied_seq;
	__u32 rcv_nxt;
};

struct net_device {
	int ifindex;
	unsigned short type;
	possible_net_t nd_net;
};

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	atomic_t refs;
} refcount_t;

struct sk_buff {
	struct net_device *dev;
	struct sock *sk;
	unsigned int len;
	unsigned int data_len;
	__u8 vlan_present : 1; /* until 6.1 */
	__u32 vlan_all;	       /* since 6.2 */
	__u16 vlan_tci;
	__u16 transport_header;
	__u16 network_header;
	__u16 mac_header;
	unsigned char *head;
	unsigned char *data;
	refcount_t users;
};

#pragma clang attribute pop

/*
 * Numbers that the kernel's user headers lack, or keep where they need the C
 * library's. Those of TCP's states are in linux/bpf.h.
 */
#define AF_INET6	10
#define SOCK_DGRAM	2
#define SOCK_DONE	1 /* a bit of sk_flags: the peer's FIN has arrived */
#define ARPHRD_ETHER	1
#define ARPHRD_LOOPBACK 772
