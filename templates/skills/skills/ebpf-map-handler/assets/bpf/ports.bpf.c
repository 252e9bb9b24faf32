// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// capabilities: bpf net_admin

#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

/* snippet: ports */
/* User space fills it once; whoever ends a translation pushes its port back. */
struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 1024);
	__type(value, __u32);
} free_ports SEC(".maps");

__u64 exhausted = 0;

static __always_inline __u32 port_take(void)
{
	__u32 port;

	if (bpf_map_pop_elem(&free_ports, &port)) {
		__sync_fetch_and_add(&exhausted, 1);
		return 0;
	}
	return port;
}
/* end snippet */

__u32 port = 0;

SEC("tc")
int take_port(struct __sk_buff *skb)
{
	port = port_take();
	return TC_ACT_UNSPEC;
}

SEC("tc")
int return_port(struct __sk_buff *skb)
{
	__u32 value = port;

	bpf_map_push_elem(&free_ports, &value, BPF_ANY);
	return TC_ACT_UNSPEC;
}
