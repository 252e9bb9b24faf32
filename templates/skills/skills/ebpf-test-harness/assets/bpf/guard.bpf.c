// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// capabilities: bpf net_admin

#include <stdbool.h>

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

#define FRAGMENT_OFFSET 0x1fff

/* Datagrams to this port are dropped. */
const volatile __u16 blocked_port = 0;

/* Packets by action. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, XDP_REDIRECT + 1);
	__type(key, __u32);
	__type(value, __u64);
} actions SEC(".maps");

struct drop {
	__be32 source;
	__u16 port;
	__u16 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 16);
	__type(value, struct drop);
} drops SEC(".maps");

/* Drops that the ring buffer had no room for. */
__u64 unreported = 0;

struct headers {
	struct ethhdr eth;
	struct iphdr ip;
	struct udphdr udp;
} __attribute__((packed));

static __always_inline void report(const struct headers *h)
{
	struct drop *drop = bpf_ringbuf_reserve(&drops, sizeof(*drop), 0);

	if (!drop) {
		__sync_fetch_and_add(&unreported, 1);
		return;
	}
	drop->source = h->ip.saddr;
	drop->port = blocked_port;
	drop->pad = 0;
	bpf_ringbuf_submit(drop, 0);
}

/* Only what the tests need: neither VLANs, nor options, nor IPv6. */
static __always_inline bool is_blocked(const struct headers *h)
{
	return h->eth.h_proto == bpf_htons(ETH_P_IP) && h->ip.version == 4 && h->ip.ihl == 5 &&
	       h->ip.protocol == IPPROTO_UDP && !(h->ip.frag_off & bpf_htons(FRAGMENT_OFFSET)) &&
	       h->udp.dest == bpf_htons(blocked_port);
}

SEC("xdp")
int guard(struct xdp_md *ctx)
{
	__u32 action = XDP_PASS;
	struct headers h;
	__u64 *packets;

	if (!bpf_xdp_load_bytes(ctx, 0, &h, sizeof(h)) && is_blocked(&h)) {
		action = XDP_DROP;
		report(&h);
	}
	packets = bpf_map_lookup_elem(&actions, &action);
	if (packets)
		(*packets)++;
	return action;
}
