// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// proof: refused
// message: invalid argument (BPF_F_NO_PREALLOC flag may need to be set for map type LPMTrie)

#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

/* snippet: code */
struct prefix {
	__u32 length;
	__be32 address;
};

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 64);
	__type(key, struct prefix);
	__type(value, __u8);
} blocked SEC(".maps");
/* end snippet */

SEC("tc")
int trie_prealloc(struct __sk_buff *skb)
{
	struct prefix prefix = { .length = 32 };

	return bpf_map_lookup_elem(&blocked, &prefix) ? TC_ACT_SHOT : TC_ACT_UNSPEC;
}
