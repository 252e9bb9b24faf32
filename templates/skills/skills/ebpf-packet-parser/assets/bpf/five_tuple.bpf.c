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

/* What parse.h wants from a hook: copy bytes of the packet, wherever they lie. */
static __always_inline long packet_load(void *ctx, __u32 offset, void *to, __u32 size)
{
	return bpf_skb_load_bytes(ctx, offset, to, size);
}

SEC("tc")
int five_tuple(struct __sk_buff *skb)
{
	struct flow_stats stats = { .packets = 1, .bytes = skb->len };
	struct packet pkt;

	packet_init(&pkt, DIRECTION_INGRESS, skb->len);
	if (skb->vlan_present)
		packet_add_vlan_tag(&pkt, skb->vlan_tci);
	if (parse_ethernet(skb, &pkt) == REASON_NONE)
		bpf_map_update_elem(&flows, &pkt.key, &stats, BPF_ANY);
	return TC_ACT_UNSPEC;
}
