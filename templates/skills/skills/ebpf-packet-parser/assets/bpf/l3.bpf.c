// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// capabilities: bpf net_admin

#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

#include "lib/packet.h"
#include "lib/parse.h"

char __license[] SEC("license") = "Dual BSD/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, struct flow_key);
	__type(value, struct flow_stats);
} flows SEC(".maps");

static __always_inline long packet_load(void *ctx, __u32 offset, void *to, __u32 size)
{
	return bpf_skb_load_bytes(ctx, offset, to, size);
}

static const struct flow_stats seen_once = { .packets = 1 };

static __always_inline void record(struct packet *pkt, enum reason reason)
{
	if (reason == REASON_NONE)
		bpf_map_update_elem(&flows, &pkt->key, &seen_once, BPF_ANY);
}

/* snippet: l3 */
/* tun, WireGuard and IP tunnels: byte 0 is the IP header. */
SEC("tc")
int l3_device(struct __sk_buff *skb)
{
	struct packet pkt;

	packet_init(&pkt, DIRECTION_INGRESS, skb->len);
	record(&pkt, parse_ip(skb, &pkt));
	return TC_ACT_UNSPEC;
}

/* At a socket there is no Ethernet header either, whatever the device was. */
SEC("cgroup_skb/ingress")
int l3_socket(struct __sk_buff *skb)
{
	struct packet pkt;

	packet_init(&pkt, DIRECTION_INGRESS, skb->len);
	record(&pkt, parse_ip(skb, &pkt));
	return 1;
}
/* end snippet */
