// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// proof: misbehaves
// shown-by: TestNetkitNoHeader
// message: found 0 IPv4 headers in 6 packets

#include <linux/bpf.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

__u64 headers;

/* snippet: code */
/* On a netkit pair in L3 mode. */
SEC("tc")
int netkit_no_header(struct __sk_buff *skb)
{
	struct iphdr ip;

	if (!bpf_skb_load_bytes(skb, 0, &ip, sizeof(ip)) && ip.version == 4)
		__sync_fetch_and_add(&headers, 1);
	return TC_ACT_UNSPEC;
}
/* end snippet */
