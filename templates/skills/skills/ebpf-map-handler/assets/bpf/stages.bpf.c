// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// capabilities: bpf net_admin

#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

/* snippet: stages */
enum stage {
	STAGE_POLICY,
	STAGE_COUNT,
};

__u64 no_policy = 0;

SEC("tc")
int drop_all(struct __sk_buff *skb)
{
	return TC_ACT_SHOT;
}

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, STAGE_COUNT);
	__type(key, __u32);
	__array(values, int(struct __sk_buff *));
} stages SEC(".maps") = {
	.values = { [STAGE_POLICY] = &drop_all },
};

SEC("tc")
int entry(struct __sk_buff *skb)
{
	bpf_tail_call(skb, &stages, STAGE_POLICY);
	/* A tail call does not return. That we are here means: the slot is empty. */
	__sync_fetch_and_add(&no_policy, 1);
	return TC_ACT_UNSPEC;
}
/* end snippet */
