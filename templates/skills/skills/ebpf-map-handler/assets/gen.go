// SPDX-License-Identifier: Apache-2.0

// Package bpfmaps holds the programs of the skill ebpf-map-handler, the Go code that
// works with their maps, and tests. Copied to internal/ebpf-map-handler of a generated
// project it builds there.
package bpfmaps

//go:generate -command bpf2go go tool bpf2go -tags linux -target amd64,arm64 -cflags "-I../../bpf -I../../bpf/include -O2 -g -Wall -Werror -mcpu=v2"
//go:generate bpf2go interfaces bpf/interfaces.bpf.c
//go:generate bpf2go -type prefix ruleset bpf/ruleset.bpf.c
//go:generate bpf2go samples bpf/samples.bpf.c
//go:generate bpf2go ports bpf/ports.bpf.c
//go:generate bpf2go bloom bpf/bloom.bpf.c
//go:generate bpf2go redirect bpf/redirect.bpf.c
//go:generate bpf2go sockets bpf/sockets.bpf.c
//go:generate bpf2go stages bpf/stages.bpf.c
//go:generate bpf2go config bpf/config.bpf.c
//go:generate bpf2go bucket bpf/bucket.bpf.c
//go:generate bpf2go entries bpf/entries.bpf.c
//go:generate bpf2go scratch bpf/scratch.bpf.c
//go:generate bpf2go lostIncrements pitfalls/lost-increments.bpf.c
//go:generate bpf2go constWithoutVolatile pitfalls/const-without-volatile.bpf.c
//go:generate bpf2go noWakeup pitfalls/no-wakeup.bpf.c
//go:generate bpf2go redirectNowhere pitfalls/redirect-nowhere.bpf.c
//go:generate bpf2go prefixHostOrder pitfalls/prefix-host-order.bpf.c
//go:generate bpf2go lruForState pitfalls/lru-for-state.bpf.c
//go:generate bpf2go innerSize pitfalls/inner-size.bpf.c
//go:generate bpf2go pinByName pitfalls/pin-by-name.bpf.c
