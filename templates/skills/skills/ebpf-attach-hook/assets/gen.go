// SPDX-License-Identifier: Apache-2.0

// Package attach holds the programs of the skill ebpf-attach-hook, the Go code that
// attaches them, and tests. Copied to internal/ebpf-attach-hook of a generated project
// it builds there.
package attach

//go:generate -command bpf2go go tool bpf2go -tags linux -target amd64,arm64 -cflags "-I../../bpf -I../../bpf/include -O2 -g -Wall -Werror -mcpu=v2"
//go:generate bpf2go count bpf/count.bpf.c
//go:generate bpf2go trace bpf/trace.bpf.c
//go:generate bpf2go probe bpf/probe.bpf.c
//go:generate bpf2go dispatch bpf/dispatch.bpf.c
//go:generate bpf2go tcxOk pitfalls/tcx-ok.bpf.c
