// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)

#include <linux/bpf.h>
#include <asm/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "lib/connection.h"
#include "lib/datagram.h"
#include "lib/dispatch.h"
#include "lib/kernel.h"
#include "function/monitor.h"

char __license[] SEC("license") = "Dual BSD/GPL";

/* What all probes are attached to: the link's cookie tells which one it is. */
SEC("kprobe")
int dispatch(struct pt_regs *ctx)
{
	bpf_tail_call(ctx, &programs, bpf_get_attach_cookie(ctx));
	return 0;
}

/* Runs before the state changes, with the socket locked. */
SEC("kprobe/tcp_set_state")
int BPF_KPROBE(tcp_set_state, struct sock *sk, int state)
{
	if (state == BPF_TCP_ESTABLISHED) {
		connection_open(sk);
		return 0;
	}
	connection_count(sk);
	/* What has arrived before the end can still be read: then tcp_close reports it. */
	if (state == BPF_TCP_CLOSE && connection_all_read(sk))
		connection_close(sk);
	return 0;
}

SEC("kprobe/tcp_sendmsg")
int BPF_KPROBE(tcp_sendmsg, struct sock *sk)
{
	connection_discover(sk);
	return 0;
}

SEC("kprobe/tcp_recvmsg")
int BPF_KPROBE(tcp_recvmsg, struct sock *sk)
{
	connection_discover(sk);
	return 0;
}

/* Sockets of all kinds pass here; only TCP connections are found in the table. */
SEC("kprobe/release_sock")
int BPF_KPROBE(release_sock, struct sock *sk)
{
	connection_count(sk);
	return 0;
}

SEC("kprobe/tcp_close")
int BPF_KPROBE(tcp_close, struct sock *sk)
{
	connection_close(sk);
	return 0;
}

/*
 * A datagram leaves its socket here, whole and with all headers. Those that
 * udp_sendmsg refuses do not come this far.
 */
SEC("kprobe/ip_send_skb")
int BPF_KPROBE(ip_send_skb, void *net, struct sk_buff *skb)
{
	if (datagram_watched(BPF_CORE_READ(skb, sk)))
		datagram_count(skb, DIRECTION_EGRESS);
	return 0;
}

SEC("kprobe/ip6_send_skb")
int BPF_KPROBE(ip6_send_skb, struct sk_buff *skb)
{
	if (datagram_watched(BPF_CORE_READ(skb, sk)))
		datagram_count(skb, DIRECTION_EGRESS);
	return 0;
}

/* The application has taken a datagram, of IPv4 or IPv6. */
SEC("kprobe/skb_consume_udp")
int BPF_KPROBE(skb_consume_udp, struct sock *sk, struct sk_buff *skb, int length)
{
	if (datagram_watched(sk) && !datagram_peeked(skb, length))
		datagram_count(skb, DIRECTION_INGRESS);
	return 0;
}
