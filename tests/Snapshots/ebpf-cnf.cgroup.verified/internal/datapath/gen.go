// SPDX-License-Identifier: Apache-2.0

package datapath

// The instruction set is v2 for the verifier of Linux 6.1: bpf/lib/atomic.h tells why.
//go:generate go tool bpf2go -tags linux -target amd64,arm64 -type flow_key -type flow_stats -type total -type flow_event -type verdict -type reason -type direction -type counter -type flow_event_kind -type flow -type flow_detail -type reserved_tag bpf ../../bpf/hook/cgroup.bpf.c -- -I../../bpf -I../../bpf/include -O2 -g -Wall -Werror -mcpu=v2
