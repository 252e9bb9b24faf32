// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// proof: misbehaves
// shown-by: TestEventPerPacket
// message: were lost, and nothing says so

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "lib/skb.h"

char __license[] SEC("license") = "Dual BSD/GPL";

/* snippet: code */
struct drop_event {
	struct flow_key key;
	__u64 timestamp_ns;
	__u64 length;
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 16);
	__type(value, struct drop_event);
} drop_events SEC(".maps");

static __always_inline enum verdict decide(void *ctx, struct packet *pkt, enum reason *reason)
{
	struct drop_event *event = bpf_ringbuf_reserve(&drop_events, sizeof(*event), 0);

	if (event) {
		event->key = pkt->key;
		event->timestamp_ns = bpf_ktime_get_ns();
		event->length = pkt->length;
		bpf_ringbuf_submit(event, 0);
	}
	return VERDICT_DROP;
}
/* end snippet */

SEC("tc")
int event_per_packet(struct __sk_buff *skb)
{
	return process_frame(skb, DIRECTION_INGRESS);
}
