// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// proof: misbehaves
// shown-by: TestReasonNumber
// message: counted 0 of 3 datagrams without a socket

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "../bpf/drop.h"

char __license[] SEC("license") = "Dual BSD/GPL";

__u64 no_socket;

/* snippet: code */
#define NO_SOCKET 2 /* from the headers of Linux 6.1 */

SEC("tp_btf/kfree_skb")
int BPF_PROG(reason_number, struct sk_buff *skb, void *location, unsigned int reason)
{
	if (is_watched(skb) && reason == NO_SOCKET)
		__sync_fetch_and_add(&no_socket, 1);
	return 0;
}
/* end snippet */
