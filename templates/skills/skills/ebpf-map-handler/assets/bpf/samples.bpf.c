// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// capabilities: bpf net_admin

#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

struct sample {
	__u64 timestamp_ns;
	__u32 ifindex;
	__u32 length;
};

/* snippet: samples */
#define SAMPLES_BYTES (1 << 16)

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, SAMPLES_BYTES);
	__type(value, struct sample);
} samples SEC(".maps");

__u64 lost = 0;

/* Waking the reader costs more than all the rest: once for a quarter of the buffer will do. */
static __always_inline __u64 sample_wakeup(void)
{
	if (bpf_ringbuf_query(&samples, BPF_RB_AVAIL_DATA) < SAMPLES_BYTES / 4)
		return BPF_RB_NO_WAKEUP;
	return BPF_RB_FORCE_WAKEUP;
}

static __always_inline void sample_send(const struct __sk_buff *skb)
{
	struct sample *sample = bpf_ringbuf_reserve(&samples, sizeof(*sample), 0);

	if (!sample) {
		__sync_fetch_and_add(&lost, 1);
		return;
	}
	sample->timestamp_ns = bpf_ktime_get_ns();
	sample->ifindex = skb->ifindex;
	sample->length = skb->len;
	bpf_ringbuf_submit(sample, sample_wakeup());
}
/* end snippet */

SEC("tc")
int take_sample(struct __sk_buff *skb)
{
	sample_send(skb);
	return TC_ACT_UNSPEC;
}
