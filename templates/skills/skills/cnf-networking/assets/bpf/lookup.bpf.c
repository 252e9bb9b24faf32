// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// capabilities: bpf net_admin

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define AF_INET 2

char __license[] SEC("license") = "Dual BSD/GPL";

/* Given to the lookup; 0 makes it compare the packet with the MTU of the device. */
const volatile __u16 length;

__s64 result = -1;
__u32 mtu;

SEC("tc")
int lookup(struct __sk_buff *skb)
{
	struct bpf_fib_lookup route __attribute__((aligned(8))) = {};
	struct iphdr ip;

	if (skb->protocol != bpf_htons(ETH_P_IP) ||
	    bpf_skb_load_bytes(skb, ETH_HLEN, &ip, sizeof(ip)))
		return TC_ACT_UNSPEC;
	route.ipv4_src = ip.saddr;
	route.ipv4_dst = ip.daddr;
	route.tot_len = length;
	/* The first field of a word of the stack last: Linux 6.1 without CAP_PERFMON wants it so.
	 */
	asm volatile("" : : "r"(&route) : "memory");
	route.family = AF_INET;
	route.ifindex = skb->ifindex;
	result = bpf_fib_lookup(skb, &route, sizeof(route), 0);
	mtu = route.mtu_result;
	return TC_ACT_UNSPEC;
}
