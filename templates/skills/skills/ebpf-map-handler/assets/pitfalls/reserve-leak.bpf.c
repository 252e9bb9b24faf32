// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// proof: refused
// message: Unreleased reference id=

#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

struct sample {
	__u8 bytes[64];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 16);
} samples SEC(".maps");

/* snippet: code */
SEC("tc")
int reserve_leak(struct __sk_buff *skb)
{
	struct sample *sample = bpf_ringbuf_reserve(&samples, sizeof(*sample), 0);

	if (!sample)
		return TC_ACT_UNSPEC;
	if (bpf_skb_load_bytes(skb, 0, sample->bytes, sizeof(sample->bytes)))
		return TC_ACT_UNSPEC;
	bpf_ringbuf_submit(sample, 0);
	return TC_ACT_UNSPEC;
}
/* end snippet */
