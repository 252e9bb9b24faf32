// SPDX-License-Identifier: Apache-2.0

// Package parser holds the programs of the skill ebpf-packet-parser and their tests.
// Copied to internal/parser of a generated project it builds there.
package parser

//go:generate -command bpf2go go tool bpf2go -tags linux -target amd64,arm64 -cflags "-I../../bpf -I../../bpf/include -O2 -g -Wall -Werror -mcpu=v3"
//go:generate bpf2go fiveTuple bpf/five_tuple.bpf.c
//go:generate bpf2go direct bpf/direct.bpf.c
//go:generate bpf2go pull bpf/pull.bpf.c
//go:generate bpf2go frags bpf/frags.bpf.c
//go:generate bpf2go l3 bpf/l3.bpf.c
//go:generate bpf2go rewrite bpf/rewrite.bpf.c
//go:generate bpf2go rewriteXDP bpf/rewrite_xdp.bpf.c
//go:generate bpf2go uncheckedIHL pitfalls/unchecked-ihl.bpf.c
//go:generate bpf2go fragmentPorts pitfalls/fragment-ports.bpf.c
//go:generate bpf2go firstNextHeader pitfalls/first-next-header.bpf.c
//go:generate bpf2go byteOrder pitfalls/byte-order.bpf.c
//go:generate bpf2go vlanBeside pitfalls/vlan-beside.bpf.c
//go:generate bpf2go linearOnly pitfalls/linear-only.bpf.c
//go:generate bpf2go noFrags pitfalls/no-frags.bpf.c
//go:generate bpf2go ethernetOnL3 pitfalls/ethernet-on-l3.bpf.c
//go:generate bpf2go udpZeroChecksum pitfalls/udp-zero-checksum.bpf.c
//go:generate bpf2go staleChecksum pitfalls/stale-checksum.bpf.c
