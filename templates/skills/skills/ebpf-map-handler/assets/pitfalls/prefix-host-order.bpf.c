// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// proof: misbehaves
// shown-by: TestPrefixHostOrder
// message: 10.1.2.3 passed a rule that drops 10.0.0.0/8

#include <stddef.h>

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

/* snippet: code */
struct prefix {
	__u32 length;
	__u32 address;
};

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 64);
	__type(key, struct prefix);
	__type(value, __u8);
} blocked SEC(".maps");

SEC("tc")
int prefix_host_order(struct __sk_buff *skb)
{
	struct prefix source = { .length = 32 };
	__be32 address;

	if (bpf_skb_load_bytes(skb, ETH_HLEN + offsetof(struct iphdr, saddr), &address,
			       sizeof(address)))
		return TC_ACT_UNSPEC;
	source.address = bpf_ntohl(address);
	return bpf_map_lookup_elem(&blocked, &source) ? TC_ACT_SHOT : TC_ACT_UNSPEC;
}
/* end snippet */
