// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// capabilities: bpf net_admin

#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

struct traffic {
	__u64 packets;
	__u64 bytes;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct traffic);
} interfaces SEC(".maps");

/* Packets that found no room in the table. */
__u64 uncounted = 0;

static const struct traffic nothing;

static __always_inline struct traffic *traffic_of(__u32 ifindex)
{
	struct traffic *traffic = bpf_map_lookup_elem(&interfaces, &ifindex);

	if (traffic)
		return traffic;
	/* Another CPU may have been faster, and what it has counted must stay. */
	bpf_map_update_elem(&interfaces, &ifindex, &nothing, BPF_NOEXIST);
	return bpf_map_lookup_elem(&interfaces, &ifindex);
}

SEC("tc")
int count_interface(struct __sk_buff *skb)
{
	struct traffic *traffic = traffic_of(skb->ifindex);

	if (!traffic) {
		__sync_fetch_and_add(&uncounted, 1);
		return TC_ACT_UNSPEC;
	}
	__sync_fetch_and_add(&traffic->packets, 1);
	__sync_fetch_and_add(&traffic->bytes, skb->len);
	return TC_ACT_UNSPEC;
}
