// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// capabilities: bpf perfmon
// host: no, its kernel refuses fentry

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char __license[] SEC("license") = "Dual BSD/GPL";

/* Only datagrams of this length are counted. */
const volatile __u64 wanted;

__u64 called;
__u64 sent;

struct msghdr;
struct sock;

/* snippet: fentry */
/* The kernel's own arguments, read directly: BTF says where they are on each architecture. */
SEC("fentry/udp_sendmsg")
int BPF_PROG(udp_called, struct sock *sk, struct msghdr *message, unsigned long length)
{
	if (length == wanted)
		__sync_fetch_and_add(&called, 1);
	return 0;
}

/* At the end of the function there are its arguments and behind them its result. */
SEC("fexit/udp_sendmsg")
int BPF_PROG(udp_sent, struct sock *sk, struct msghdr *message, unsigned long length, int result)
{
	if (length == wanted && result == length)
		__sync_fetch_and_add(&sent, 1);
	return 0;
}
/* end snippet */
