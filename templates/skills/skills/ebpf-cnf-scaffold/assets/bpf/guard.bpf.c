// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// capabilities: bpf net_admin

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "lib/skb.h"
#include "function/guard.h"

char __license[] SEC("license") = "Dual BSD/GPL";

SEC("tc")
int tcx_ingress(struct __sk_buff *skb)
{
	return process_frame(skb, DIRECTION_INGRESS);
}
