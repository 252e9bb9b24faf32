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

/* clang writes only the name of a type into the object that none but an inner map uses. */
const struct prefix *export_prefix __hidden;
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

/* snippet: lookup */
/* The first half of each word last: struct packet tells why. */
static __always_inline void prefix_of(struct prefix *prefix, const struct in6_addr *address)
{
	prefix->address.in6_u.u6_addr32[0] = address->in6_u.u6_addr32[0];
	prefix->address.in6_u.u6_addr32[2] = address->in6_u.u6_addr32[2];
	barrier();
	prefix->address.in6_u.u6_addr32[1] = address->in6_u.u6_addr32[1];
	prefix->address.in6_u.u6_addr32[3] = address->in6_u.u6_addr32[3];
	prefix->length = 128;
}

static __always_inline enum verdict rules_verdict(const struct in6_addr *source)
{
	struct prefix prefix __attribute__((aligned(8)));
	void *rules = bpf_map_lookup_elem(&rulesets, &current);
	__u32 *verdict;

	if (!rules)
		return VERDICT_PASS;
	prefix_of(&prefix, source);
	verdict = bpf_map_lookup_elem(rules, &prefix);
	return verdict && *verdict ? VERDICT_DROP : VERDICT_PASS;
}
/* end snippet */

SEC("tc")
int filter(struct __sk_buff *skb)
{
	struct packet pkt;

	packet_init(&pkt, DIRECTION_INGRESS, skb->len);
	if (parse_ethernet(skb, &pkt) != REASON_NONE)
		return TC_ACT_UNSPEC;
	return rules_verdict(&pkt.key.saddr) == VERDICT_DROP ? TC_ACT_SHOT : TC_ACT_UNSPEC;
}
