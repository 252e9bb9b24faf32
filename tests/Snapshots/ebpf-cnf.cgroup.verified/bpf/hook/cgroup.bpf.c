// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "lib/direct.h"
#include "lib/packet.h"
#include "lib/parse.h"
#include "lib/process.h"
#include "function/monitor.h"

char __license[] SEC("license") = "Dual BSD/GPL";

static __always_inline long packet_load(void *ctx, __u32 offset, void *to, __u32 size)
{
	return bpf_skb_load_bytes(ctx, offset, to, size);
}

/* Verified once, on its own, and not for everything that may come after it. */
__noinline int parse_with_care(struct __sk_buff *skb, struct packet *pkt)
{
	return pkt ? parse_ip(skb, pkt) : REASON_TRUNCATED;
}

/* At a socket, packets begin with the IP header, and have no VLAN tag any more or yet. */
static __always_inline int cgroup_verdict(struct __sk_buff *skb, enum direction direction)
{
	struct view view = { (const void *)(long)skb->data, (const void *)(long)skb->data_end };
	enum reason reason = REASON_NONE;
	struct packet pkt;

	packet_init(&pkt, direction, skb->len);
	if (!direct_ip(&view, &pkt))
		reason = parse_with_care(skb, &pkt);
	return process_packet(skb, &pkt, reason) == VERDICT_PASS;
}

SEC("cgroup_skb/ingress")
int cgroup_ingress(struct __sk_buff *skb)
{
	return cgroup_verdict(skb, DIRECTION_INGRESS);
}

/* Packets dropped here end the sender's system call with EPERM. */
SEC("cgroup_skb/egress")
int cgroup_egress(struct __sk_buff *skb)
{
	return cgroup_verdict(skb, DIRECTION_EGRESS);
}
