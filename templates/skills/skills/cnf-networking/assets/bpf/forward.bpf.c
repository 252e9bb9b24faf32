// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// capabilities: bpf net_admin

#include <stdbool.h>

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define AF_INET	 2
#define AF_INET6 10

char __license[] SEC("license") = "Dual BSD/GPL";

__u64 forwarded;

/*
 * What is stored after this is stored later. Without CAP_PERFMON Linux 6.1 wants the first field of
 * each word of the stack to be written last.
 */
static __always_inline void store_first(void *stored)
{
	asm volatile("" : : "r"(stored) : "memory");
}

static __always_inline bool ask_ipv4(struct __sk_buff *skb, struct bpf_fib_lookup *route)
{
	struct iphdr ip;

	/* The stack answers an expired TTL, and looks after options. */
	if (bpf_skb_load_bytes(skb, ETH_HLEN, &ip, sizeof(ip)) || ip.ihl != 5 || ip.ttl <= 1)
		return false;
	route->tos = ip.tos;
	route->ipv4_src = ip.saddr;
	route->ipv4_dst = ip.daddr;
	route->l4_protocol = ip.protocol;
	return true;
}

static __always_inline long age_ipv4(struct __sk_buff *skb)
{
	__u32 offset = ETH_HLEN + offsetof(struct iphdr, ttl);
	__u8 word[2];
	__be16 old, new;

	if (bpf_skb_load_bytes(skb, offset, word, sizeof(word)))
		return -1;
	/* The checksum is over words, and the protocol shares one with the TTL. */
	old = bpf_htons(word[0] << 8 | word[1]);
	new = bpf_htons((word[0] - 1) << 8 | word[1]);
	return bpf_l3_csum_replace(skb, ETH_HLEN + offsetof(struct iphdr, check), old, new,
				   sizeof(new))
		       ?: bpf_skb_store_bytes(skb, offset, &new, sizeof(new), 0);
}

static __always_inline bool ask_ipv6(struct __sk_buff *skb, struct bpf_fib_lookup *route)
{
	struct ipv6hdr ip;

	if (bpf_skb_load_bytes(skb, ETH_HLEN, &ip, sizeof(ip)) || ip.hop_limit <= 1)
		return false;
	__builtin_memcpy(route->ipv6_src, &ip.saddr, sizeof(route->ipv6_src));
	__builtin_memcpy(route->ipv6_dst, &ip.daddr, sizeof(route->ipv6_dst));
	route->l4_protocol = ip.nexthdr;
	return true;
}

static __always_inline long age_ipv6(struct __sk_buff *skb)
{
	__u32 offset = ETH_HLEN + offsetof(struct ipv6hdr, hop_limit);
	__u8 limit;

	if (bpf_skb_load_bytes(skb, offset, &limit, sizeof(limit)))
		return -1;
	limit--;
	/* No sum in this header hides the change from one over the whole packet. */
	return bpf_skb_store_bytes(skb, offset, &limit, sizeof(limit), BPF_F_RECOMPUTE_CSUM);
}

/* Forwards as the kernel's routes say, and leaves to the stack what is not plain forwarding. */
SEC("tc")
int forward(struct __sk_buff *skb)
{
	struct bpf_fib_lookup route __attribute__((aligned(8))) = {};
	struct bpf_redir_neigh hop __attribute__((aligned(8))) = {};
	bool ipv4 = skb->protocol == bpf_htons(ETH_P_IP);
	bool ipv6 = skb->protocol == bpf_htons(ETH_P_IPV6);
	long result;

	/* A promiscuous device brings frames for others, too. */
	if (skb->pkt_type != PACKET_HOST)
		return TC_ACT_UNSPEC;
	if (!(ipv4 && ask_ipv4(skb, &route)) && !(ipv6 && ask_ipv6(skb, &route)))
		return TC_ACT_UNSPEC;
	store_first(&route);
	route.family = ipv4 ? AF_INET : AF_INET6;
	route.ifindex = skb->ifindex;
	result = bpf_fib_lookup(skb, &route, sizeof(route), 0);
	/* An unknown neighbour is no obstacle: the redirect below asks for its address. */
	if (result != BPF_FIB_LKUP_RET_SUCCESS && result != BPF_FIB_LKUP_RET_NO_NEIGH)
		return TC_ACT_UNSPEC;
	__builtin_memcpy(hop.ipv6_nh, route.ipv6_dst, sizeof(hop.ipv6_nh));
	store_first(&hop);
	/* The next hop's family need not be the packet's. */
	hop.nh_family = route.family;

	if (ipv4 ? age_ipv4(skb) : age_ipv6(skb))
		return TC_ACT_SHOT;
	__sync_fetch_and_add(&forwarded, 1);
	return bpf_redirect_neigh(route.ifindex, &hop, sizeof(hop), 0);
}
