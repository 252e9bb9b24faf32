// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// capabilities: bpf net_admin

#include <stdbool.h>
#include <stddef.h>

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

/* snippet: bloom */
struct {
	__uint(type, BPF_MAP_TYPE_BLOOM_FILTER);
	__uint(max_entries, 65536);
	__uint(map_extra, 5); /* hash functions */
	__type(value, __be32);
} maybe_blocked SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, __be32);
	__type(value, __u8);
} blocked SEC(".maps");

__u64 hash_lookups = 0;

/* "No" is certain and cheap; "maybe" asks the table that knows. */
static __always_inline bool is_blocked(__be32 address)
{
	if (bpf_map_peek_elem(&maybe_blocked, &address))
		return false;
	__sync_fetch_and_add(&hash_lookups, 1);
	return bpf_map_lookup_elem(&blocked, &address);
}
/* end snippet */

SEC("tc")
int drop_blocked(struct __sk_buff *skb)
{
	__be32 source;

	if (skb->protocol != bpf_htons(ETH_P_IP) ||
	    bpf_skb_load_bytes(skb, ETH_HLEN + offsetof(struct iphdr, saddr), &source,
			       sizeof(source)))
		return TC_ACT_UNSPEC;
	return is_blocked(source) ? TC_ACT_SHOT : TC_ACT_UNSPEC;
}
