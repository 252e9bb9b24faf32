// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)

#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

const volatile __u16 blocked_port = 0;

/* Of a packet, and how much of that the program could reach directly. */
__u32 length = 0;
__u32 linear = 0;

/* Lets the next program decide, as whoever only looks should. */
SEC("tc")
int observe(struct __sk_buff *skb)
{
	length = skb->len;
	linear = skb->data_end - skb->data;
	return TC_ACT_UNSPEC;
}

SEC("xdp.frags")
int extent(struct xdp_md *ctx)
{
	length = bpf_xdp_get_buff_len(ctx);
	linear = ctx->data_end - ctx->data;
	return XDP_PASS;
}

/* Refuses to connect to one port. */
SEC("cgroup/connect4")
int refuse(struct bpf_sock_addr *ctx)
{
	return ctx->user_port != bpf_htons(blocked_port);
}
