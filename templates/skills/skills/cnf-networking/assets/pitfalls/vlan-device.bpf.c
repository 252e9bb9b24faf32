// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// proof: misbehaves
// shown-by: TestVLANDevice
// message: found 0 tags in 3 packets of VLAN 100

#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

__u64 tags;

/* snippet: code */
/* Attached to a VLAN device. */
SEC("tc")
int vlan_device(struct __sk_buff *skb)
{
	if (skb->vlan_present && (skb->vlan_tci & 0x0fff) == 100)
		__sync_fetch_and_add(&tags, 1);
	return TC_ACT_UNSPEC;
}
/* end snippet */
