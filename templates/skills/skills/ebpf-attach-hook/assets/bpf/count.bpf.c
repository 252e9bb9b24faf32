// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// capabilities: bpf net_admin

#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

__u64 packets;

/* For tcx, netkit and clsact. Unspecified lets the next program decide. */
SEC("tc")
int count_tc(struct __sk_buff *skb)
{
	__sync_fetch_and_add(&packets, 1);
	return TC_ACT_UNSPEC;
}

SEC("xdp")
int count_xdp(struct xdp_md *ctx)
{
	__sync_fetch_and_add(&packets, 1);
	return XDP_PASS;
}

/* At a cgroup 1 lets the packet pass, and 0 drops it. */
SEC("cgroup_skb/egress")
int count_cgroup(struct __sk_buff *skb)
{
	__sync_fetch_and_add(&packets, 1);
	return 1;
}
