#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# proof: fails
# where: project
# message: eBPF is using target specific macros, please provide -target
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# snippet: code
cat > "$folder/sends.bpf.c" <<'END'
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char __license[] SEC("license") = "Dual BSD/GPL";

__u64 bytes = 0;

SEC("kprobe/tcp_sendmsg")
int BPF_KPROBE(sends, void *sk, void *msg, __u64 size)
{
	__sync_fetch_and_add(&bytes, size);
	return 0;
}
END
go tool bpf2go -go-package sends -output-dir "$folder" sends "$folder/sends.bpf.c" -- -Ibpf/include
# end snippet
