#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# proof: fails
# where: project
# message: looking up type event: not found
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# snippet: code
cat > "$folder/events.bpf.c" <<'END'
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char __license[] SEC("license") = "Dual BSD/GPL";

struct event {
	__u64 timestamp_ns;
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 16);
} events SEC(".maps");

SEC("xdp")
int report(struct xdp_md *ctx)
{
	__u64 *event = bpf_ringbuf_reserve(&events, sizeof(struct event), 0);

	if (event) {
		*event = bpf_ktime_get_ns();
		bpf_ringbuf_submit(event, 0);
	}
	return XDP_PASS;
}
END
go tool bpf2go -go-package events -output-dir "$folder" -type event events "$folder/events.bpf.c" -- -Ibpf/include
# end snippet
