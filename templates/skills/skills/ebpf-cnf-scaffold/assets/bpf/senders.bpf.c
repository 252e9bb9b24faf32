// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// capabilities: bpf net_admin

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "lib/skb.h"

char __license[] SEC("license") = "Dual BSD/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2);
	__type(key, struct in6_addr);
	__type(value, __u64);
} senders SEC(".maps");

static const __u64 none;

/* snippet: code */
/* Packets whose sender found no room in the table. */
__u64 unknown_senders = 0;

static __always_inline enum verdict decide(void *ctx, struct packet *pkt, enum reason *reason)
{
	__u64 *packets;

	bpf_map_update_elem(&senders, &pkt->key.saddr, &none, BPF_NOEXIST);
	packets = bpf_map_lookup_elem(&senders, &pkt->key.saddr);
	if (packets)
		__sync_fetch_and_add(packets, 1);
	else
		__sync_fetch_and_add(&unknown_senders, 1);
	return VERDICT_PASS;
}
/* end snippet */

SEC("tc")
int count_senders(struct __sk_buff *skb)
{
	return process_frame(skb, DIRECTION_INGRESS);
}
