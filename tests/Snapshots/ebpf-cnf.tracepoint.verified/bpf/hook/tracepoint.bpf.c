// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "lib/dispatch.h"
#include "lib/frame.h"
#include "lib/interface.h"
#include "lib/kernel.h"
#include "lib/process.h"
#include "lib/socket.h"
#include "function/monitor.h"

char __license[] SEC("license") = "Dual BSD/GPL";

/* Key of the program table. */
enum slot {
	SLOT_RECEIVED,
	SLOT_QUEUED,
	SLOT_STATE_SET,
};

/*
 * Raw tracepoints get the kernel's own arguments and need no tracefs. Nor does
 * the kernel skip them while another tracing program runs on the same CPU.
 */
SEC("raw_tp/netif_receive_skb")
int netif_receive_skb(struct bpf_raw_tracepoint_args *ctx)
{
	bpf_tail_call(ctx, &programs, SLOT_RECEIVED);
	return 0;
}

SEC("raw_tp/net_dev_queue")
int net_dev_queue(struct bpf_raw_tracepoint_args *ctx)
{
	bpf_tail_call(ctx, &programs, SLOT_QUEUED);
	return 0;
}

SEC("raw_tp/inet_sock_set_state")
int inet_sock_set_state(struct bpf_raw_tracepoint_args *ctx)
{
	bpf_tail_call(ctx, &programs, SLOT_STATE_SET);
	return 0;
}

static __always_inline void frame_count(struct frame *frame, enum direction direction)
{
	struct packet pkt = {
		.length = frame->length,
		.key.direction = direction,
	};

	if (frame->vlan_present)
		packet_add_vlan_tag(&pkt, frame->vlan_tci);
	/* A tracepoint only watches: the verdict of the function is counted, not carried out. */
	if (frame->ethernet)
		process_packet(frame, &pkt, parse_ethernet(frame, &pkt));
	else
		process_packet(frame, &pkt, parse_ip(frame, &pkt));
}

/* Args: struct sk_buff *skb, after the device has taken the link layer's header off. */
SEC("raw_tp")
int received(struct bpf_raw_tracepoint_args *ctx)
{
	const struct sk_buff *skb = (const void *)ctx->args[0];
	struct frame frame;

	if (!interface_watched(skb))
		return 0;
	frame = frame_received(skb);
	frame_count(&frame, DIRECTION_INGRESS);
	return 0;
}

/* Args: struct sk_buff *skb, with all headers. */
SEC("raw_tp")
int queued(struct bpf_raw_tracepoint_args *ctx)
{
	const struct sk_buff *skb = (const void *)ctx->args[0];
	struct frame frame;

	if (!interface_watched(skb))
		return 0;
	frame = frame_queued(skb);
	frame_count(&frame, DIRECTION_EGRESS);
	return 0;
}

/*
 * Args: const struct sock *sk, int oldstate, int newstate. Tells of the
 * connections that end without a FIN or RST which packets would show.
 */
SEC("raw_tp")
int state_set(struct bpf_raw_tracepoint_args *ctx)
{
	const struct sock *sk = (const void *)ctx->args[0];
	struct flow_key sent;
	struct flow_key received;

	if ((int)ctx->args[2] != BPF_TCP_CLOSE || !socket_is(sk, IPPROTO_TCP) ||
	    !netns_watched(&sk->__sk_common.skc_net))
		return 0;

	sent = socket_flow(sk, IPPROTO_TCP);
	received = flow_reverse(&sent);
	flow_close(&sent);
	flow_close(&received);
	return 0;
}
