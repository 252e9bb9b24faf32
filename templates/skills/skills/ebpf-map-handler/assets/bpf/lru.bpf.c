// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)

#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

struct key {
	__u64 mark;
};

struct count {
	__u64 packets;
	__u64 bytes;
};

/* User space sets the size before it loads the table. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, struct key);
	__type(value, struct count);
} marks SEC(".maps");

__u64 not_counted;

/* snippet: count */
static __always_inline struct count *count_get(const struct key *key)
{
	struct count *count = bpf_map_lookup_elem(&marks, key);
	struct count none = {};

	if (count)
		return count;
	/* It fails if another CPU was faster; then the entry is there. */
	bpf_map_update_elem(&marks, key, &none, BPF_NOEXIST);
	return bpf_map_lookup_elem(&marks, key);
}

SEC("tc")
int count_marks(struct __sk_buff *skb)
{
	struct key key = { .mark = skb->mark };
	struct count *count = count_get(&key);

	if (!count) {
		__sync_fetch_and_add(&not_counted, 1);
		return TC_ACT_UNSPEC;
	}
	__sync_fetch_and_add(&count->packets, 1);
	__sync_fetch_and_add(&count->bytes, skb->len);
	return TC_ACT_UNSPEC;
}
/* end snippet */

char __license[] SEC("license") = "Dual BSD/GPL";
