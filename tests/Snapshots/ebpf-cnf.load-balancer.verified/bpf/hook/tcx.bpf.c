// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "lib/skb.h"
#include "function/load-balancer.h"

char __license[] SEC("license") = "Dual BSD/GPL";

SEC("tc")
int tcx_ingress(struct __sk_buff *skb)
{
	return process_frame(skb, DIRECTION_INGRESS);
}

SEC("tc")
int tcx_egress(struct __sk_buff *skb)
{
	return process_frame(skb, DIRECTION_EGRESS);
}

SEC("tc")
int tcx_ingress_l3(struct __sk_buff *skb)
{
	return process_ip(skb, DIRECTION_INGRESS);
}

SEC("tc")
int tcx_egress_l3(struct __sk_buff *skb)
{
	return process_ip(skb, DIRECTION_EGRESS);
}
