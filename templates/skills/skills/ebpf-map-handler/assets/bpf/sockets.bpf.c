// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// capabilities: bpf net_admin

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

/* snippet: sockmap */
/* Local port of one connection -> the socket of the connection that it is joined with. */
struct {
	__uint(type, BPF_MAP_TYPE_SOCKHASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u64);
} joined SEC(".maps");

/* What arrives on one socket leaves through the other; no process wakes up for it. */
SEC("sk_skb/stream_verdict")
int join(struct __sk_buff *skb)
{
	__u32 port = skb->local_port; /* in host order, unlike remote_port */

	return bpf_sk_redirect_hash(skb, &joined, &port, 0);
}
/* end snippet */
