// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// capabilities: bpf net_admin

#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

/* snippet: scratch */
#define COPY_BYTES 1024

struct copy {
	__u8 bytes[COPY_BYTES];
};

/* One value for each CPU: what is too large for the stack. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct copy);
} scratch SEC(".maps");

static const __u32 only;

SEC("tc")
int copy_packet(struct __sk_buff *skb)
{
	struct copy *copy = bpf_map_lookup_elem(&scratch, &only);

	if (copy && skb->len >= COPY_BYTES)
		bpf_skb_load_bytes(skb, 0, copy->bytes, COPY_BYTES);
	return TC_ACT_UNSPEC;
}
/* end snippet */
