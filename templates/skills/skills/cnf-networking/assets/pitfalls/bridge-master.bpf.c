// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// proof: misbehaves
// shown-by: TestBridgeMaster
// message: counted 0 of 6 frames that the bridge passed on

#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

__u64 frames;

/* snippet: code */
/* Attached to the bridge, to see what passes it. */
SEC("tc")
int bridge_master(struct __sk_buff *skb)
{
	__sync_fetch_and_add(&frames, 1);
	return TC_ACT_UNSPEC;
}
/* end snippet */
