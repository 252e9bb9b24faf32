// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// proof: refused
// capabilities: bpf net_admin
// message: invalid mem access 'mem_or_null'

#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

/* snippet: code */
struct span {
	__u32 begin;
	__u32 end;
};

__noinline int span_size(const struct span *span)
{
	return span->end - span->begin;
}

SEC("tc")
int unchecked_argument(struct __sk_buff *skb)
{
	struct span span = { .end = skb->len };

	return span_size(&span) > 1500 ? TC_ACT_SHOT : TC_ACT_UNSPEC;
}
/* end snippet */
