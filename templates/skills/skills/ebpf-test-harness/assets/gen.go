// SPDX-License-Identifier: Apache-2.0

// Package harness holds the tests of the skill ebpf-test-harness and the programs that
// they test. Copied to internal/ebpf-test-harness of a generated project it builds there.
package harness

//go:generate -command bpf2go go tool bpf2go -tags linux -target amd64,arm64 -cflags "-I../../bpf -I../../bpf/include -O2 -g -Wall -Werror -mcpu=v3"
//go:generate bpf2go guard bpf/guard.bpf.c
//go:generate bpf2go hooks bpf/hooks.bpf.c
//go:generate bpf2go bench bpf/bench.bpf.c
