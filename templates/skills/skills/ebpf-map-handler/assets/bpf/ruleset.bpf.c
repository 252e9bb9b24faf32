// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// capabilities: bpf net_admin

#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

#include "lib/packet.h"
#include "lib/parse.h"

char __license[] SEC("license") = "Dual BSD/GPL";

/* snippet: prefix */
/* The trie compares bits from the first byte of the address on: network order. */
struct prefix {
	__u32 length; /* how many of them, in host order */
	struct in6_addr address;
};
/* end snippet */

/* snippet: rules */
struct rules {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC); /* the kernel refuses a trie without it */
	__uint(max_entries, 65536);
	__type(key, struct prefix);
	__type(value, __u32);
};

/* The only slot holds the set at work. User space puts a whole new set there. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct rules);
} rulesets SEC(".maps");
/* end snippet */

static __always_inline long packet_load(void *ctx, __u32 offset, void *to, __u32 size)
{
	return bpf_skb_load_bytes(ctx, offset, to, size);
}

static const __u32 current;

static __always_inline enum verdict rules_verdict(const struct in6_addr *source)
{
	struct prefix prefix = { .length = 128, .address = *source };
	__u32 *verdict;
	void *rules;

	rules = bpf_map_lookup_elem(&rulesets, &current);
	if (!rules)
		return VERDICT_PASS;
	verdict = bpf_map_lookup_elem(rules, &prefix);
	return verdict && *verdict ? VERDICT_DROP : VERDICT_PASS;
}

SEC("tc")
int filter(struct __sk_buff *skb)
{
	struct packet pkt;

	packet_init(&pkt, DIRECTION_INGRESS, skb->len);
	if (parse_ethernet(skb, &pkt) != REASON_NONE)
		return TC_ACT_UNSPEC;
	return rules_verdict(&pkt.key.saddr) == VERDICT_DROP ? TC_ACT_SHOT : TC_ACT_UNSPEC;
}
