// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#pragma once

#include <linux/bpf.h>
#include <linux/in.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "lib/account.h"
#include "lib/kernel.h"
#include "lib/message.h"
#include "lib/namespace.h"
#include "lib/socket.h"

/*
 * How far the application has come in the byte streams of a TCP connection.
 * Bytes are counted as the progress since the last look, and looks are taken
 * where the kernel releases the socket's lock. So what counts is what the kernel
 * accepted, however it came (send, sendfile, io_uring) and whatever the call
 * returned in the end; and a look that the kernel skips is made up by the next.
 * A probe on the return of tcp_sendmsg would do neither: the kernel tracks only
 * a few calls at once, and a sender that waits for room is such a call.
 */
struct connection {
	struct flow_key sent; /* the flow of what this end sends */
	__u32 write_seq;
	__u32 copied_seq;
};

/* Key: the address of the socket. User space makes it as large as the flow table. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, __u64);
	__type(value, struct connection);
} connections SEC(".maps");

static __always_inline struct connection *connection_lookup(const struct sock *sk)
{
	__u64 key = (__u64)sk;

	return bpf_map_lookup_elem(&connections, &key);
}

/* The end of what was read, without the sequence number that the peer's FIN takes. */
static __always_inline __u32 connection_read_end(const struct sock *sk, __u32 copied_seq)
{
	const struct tcp_sock *tcp = (const void *)sk;
	bool fin = BPF_CORE_READ(sk, __sk_common.skc_flags) & (1UL << SOCK_DONE);

	return fin && copied_seq == BPF_CORE_READ(tcp, rcv_nxt) ? copied_seq - 1 : copied_seq;
}

/* In other states the kernel's own FIN has taken a sequence number, or nothing can be sent yet. */
static __always_inline bool connection_can_send(const struct sock *sk)
{
	__u8 state = socket_state(sk);

	return state == BPF_TCP_ESTABLISHED || state == BPF_TCP_CLOSE_WAIT ||
	       state == BPF_TCP_SYN_RECV;
}

static __always_inline void connection_insert(const struct sock *sk, __u64 flags)
{
	const struct tcp_sock *tcp = (const void *)sk;
	struct connection conn = {
		.sent = socket_flow(sk, IPPROTO_TCP),
		.write_seq = BPF_CORE_READ(tcp, write_seq),
		.copied_seq = connection_read_end(sk, BPF_CORE_READ(tcp, copied_seq)),
	};
	__u64 key = (__u64)sk;

	bpf_map_update_elem(&connections, &key, &conn, flags);
}

/* A flow that can carry something from now on, with nothing counted yet. */
static __always_inline void connection_announce(const struct flow_key *key)
{
	__u64 place;

	if (!flows_enabled)
		return;
	place = flow_get(key, flow_hash(key));
	if (place & PLACE_NEW)
		flow_report(place, FLOW_NEW);
}

static __always_inline void connection_open(const struct sock *sk)
{
	struct flow_key sent = socket_flow(sk, IPPROTO_TCP);
	struct flow_key received = flow_reverse(&sent);

	if (!netns_watched(&sk->__sk_common.skc_net))
		return;
	connection_insert(sk, BPF_ANY);
	connection_announce(&sent);
	connection_announce(&received);
}

/* For connections that are older than this program: before they send or receive more. */
static __always_inline void connection_discover(const struct sock *sk)
{
	if (!connection_can_send(sk) || connection_lookup(sk))
		return;
	if (netns_watched(&sk->__sk_common.skc_net))
		connection_insert(sk, BPF_NOEXIST);
}

/* The caller's kernel function holds the socket's lock, so nobody else counts this connection now.
 */
static __always_inline void connection_count(const struct sock *sk)
{
	const struct tcp_sock *tcp = (const void *)sk;
	struct connection *conn = connection_lookup(sk);
	struct flow_key received;
	__u32 seq;

	if (!conn)
		return;

	seq = BPF_CORE_READ(tcp, write_seq);
	if (seq != conn->write_seq && connection_can_send(sk)) {
		message_count(&conn->sent, seq - conn->write_seq);
		conn->write_seq = seq;
	}

	seq = connection_read_end(sk, BPF_CORE_READ(tcp, copied_seq));
	if (seq != conn->copied_seq) {
		received = flow_reverse(&conn->sent);
		message_count(&received, seq - conn->copied_seq);
		conn->copied_seq = seq;
	}
}

static __always_inline bool connection_all_read(const struct sock *sk)
{
	const struct tcp_sock *tcp = (const void *)sk;

	return connection_read_end(sk, BPF_CORE_READ(tcp, rcv_nxt)) ==
	       connection_read_end(sk, BPF_CORE_READ(tcp, copied_seq));
}

static __always_inline void connection_close(const struct sock *sk)
{
	struct connection *conn = connection_lookup(sk);
	__u64 key = (__u64)sk;
	struct flow_key sent;
	struct flow_key received;

	if (!conn)
		return;
	sent = conn->sent;
	received = flow_reverse(&sent);
	/* The application and the network can close at the same time: one of them reports it. */
	if (bpf_map_delete_elem(&connections, &key))
		return;
	flow_close(&sent);
	flow_close(&received);
}
