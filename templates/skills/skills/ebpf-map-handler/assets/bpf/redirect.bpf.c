// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// capabilities: bpf net_admin

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

/* snippet: devmap */
/* Interface that a packet came from -> interface that it leaves through. */
struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, struct bpf_devmap_val);
} outputs SEC(".maps");

SEC("xdp")
int forward(struct xdp_md *ctx)
{
	/* The last argument is the verdict where the map has no entry; 0 would be XDP_ABORTED. */
	return bpf_redirect_map(&outputs, ctx->ingress_ifindex, XDP_PASS);
}
/* end snippet */

/* snippet: cpumap */
/* CPU -> length of the queue through which it gets packets. */
struct {
	__uint(type, BPF_MAP_TYPE_CPUMAP);
	__uint(max_entries, 4096); /* user space makes it the number of CPUs */
	__type(key, __u32);
	__type(value, struct bpf_cpumap_val);
} cpus SEC(".maps");

const volatile __u32 cpu_count = 1;

SEC("xdp")
int spread(struct xdp_md *ctx)
{
	return bpf_redirect_map(&cpus, ctx->rx_queue_index % cpu_count, XDP_PASS);
}
/* end snippet */
