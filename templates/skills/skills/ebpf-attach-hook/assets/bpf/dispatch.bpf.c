// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// capabilities: bpf perfmon

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

__u64 packets;

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} programs SEC(".maps");

/* What the link runs for ever; what it calls can change. */
SEC("raw_tp/net_dev_queue")
int dispatch(struct bpf_raw_tracepoint_args *ctx)
{
	bpf_tail_call(ctx, &programs, 0);
	return 0;
}

SEC("raw_tp")
int queued(struct bpf_raw_tracepoint_args *ctx)
{
	__sync_fetch_and_add(&packets, 1);
	return 0;
}
