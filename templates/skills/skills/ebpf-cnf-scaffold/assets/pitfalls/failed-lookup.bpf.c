// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// proof: misbehaves
// shown-by: TestFailedLookup
// message: of 3 senders, the third is dropped: the table of senders is full

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "lib/skb.h"

char __license[] SEC("license") = "Dual BSD/GPL";

/* snippet: code */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2);
	__type(key, struct in6_addr);
	__type(value, __u64);
} senders SEC(".maps");

static const __u64 none;

/* Counts each sender's packets. */
static __always_inline enum verdict decide(void *ctx, struct packet *pkt, enum reason *reason)
{
	__u64 *packets;

	bpf_map_update_elem(&senders, &pkt->key.saddr, &none, BPF_NOEXIST);
	packets = bpf_map_lookup_elem(&senders, &pkt->key.saddr);
	if (!packets)
		return VERDICT_DROP;
	__sync_fetch_and_add(packets, 1);
	return VERDICT_PASS;
}
/* end snippet */

SEC("tc")
int failed_lookup(struct __sk_buff *skb)
{
	return process_frame(skb, DIRECTION_INGRESS);
}
