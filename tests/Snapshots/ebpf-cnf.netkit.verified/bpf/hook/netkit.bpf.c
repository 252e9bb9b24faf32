// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "lib/skb.h"
#include "function/monitor.h"

char __license[] SEC("license") = "Dual BSD/GPL";

/*
 * Both programs run where their device sends. The pod sends through the peer,
 * so that this is traffic that enters the host: ingress, as seen on its side.
 */
SEC("tc")
int netkit_peer(struct __sk_buff *skb)
{
	return process_frame(skb, DIRECTION_INGRESS);
}

SEC("tc")
int netkit_primary(struct __sk_buff *skb)
{
	return process_frame(skb, DIRECTION_EGRESS);
}
