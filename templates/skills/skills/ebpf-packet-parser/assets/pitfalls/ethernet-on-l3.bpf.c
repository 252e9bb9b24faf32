// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// proof: misbehaves
// shown-by: TestEthernetOnL3
// message: found 0 flows in 1 packet that begins with its IP header

#include <linux/bpf.h>
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

/* snippet: code */
SEC("cgroup_skb/ingress")
int ethernet_on_l3(struct __sk_buff *skb)
{
	struct flow_stats stats = { .packets = 1 };
	struct packet pkt;

	packet_init(&pkt, DIRECTION_INGRESS, skb->len);
	if (parse_ethernet(skb, &pkt) == REASON_NONE)
		bpf_map_update_elem(&flows, &pkt.key, &stats, BPF_ANY);
	return 1;
}
/* end snippet */
