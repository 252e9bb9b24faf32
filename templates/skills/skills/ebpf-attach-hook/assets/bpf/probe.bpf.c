// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// capabilities: bpf perfmon
// host: no, needs kprobes

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "registers.h"

#include <bpf/bpf_tracing.h>

char __license[] SEC("license") = "Dual BSD/GPL";

/* Only datagrams of this length are counted. */
const volatile __u64 wanted;

__u64 called;
__u64 sent;

struct msghdr;
struct sock;

/* snippet: kprobe */
SEC("kprobe/udp_sendmsg")
int BPF_KPROBE(udp_called, struct sock *sk, struct msghdr *message, unsigned long length)
{
	if (length == wanted)
		__sync_fetch_and_add(&called, 1);
	return 0;
}

/* The arguments are gone by now: what a kretprobe needs of them, a kprobe has to put into a map. */
SEC("kretprobe/udp_sendmsg")
int BPF_KRETPROBE(udp_sent, int result)
{
	if (result == wanted)
		__sync_fetch_and_add(&sent, 1);
	return 0;
}
/* end snippet */
