// SPDX-License-Identifier: Apache-2.0

// Package network holds the programs of the skill cnf-networking, the Go code that
// goes with them, and tests that build networks for them. Copied to
// internal/cnf-networking of a generated project it builds there.
package network

//go:generate -command bpf2go go tool bpf2go -tags linux -target amd64,arm64 -cflags "-I../../bpf -I../../bpf/include -O2 -g -Wall -Werror -mcpu=v2"
//go:generate bpf2go forward bpf/forward.bpf.c
//go:generate bpf2go forwardXdp bpf/forward_xdp.bpf.c
//go:generate bpf2go lookup bpf/lookup.bpf.c
//go:generate bpf2go redirect bpf/redirect.bpf.c
//go:generate bpf2go chain bpf/chain.bpf.c
//go:generate bpf2go drops bpf/drops.bpf.c
//go:generate bpf2go seen bpf/seen.bpf.c
//go:generate bpf2go oldMac pitfalls/old-mac.bpf.c
//go:generate bpf2go peerAtEgress pitfalls/peer-at-egress.bpf.c
//go:generate bpf2go dropWithoutNeighbour pitfalls/drop-without-neighbour.bpf.c
//go:generate bpf2go redirectMtu pitfalls/redirect-mtu.bpf.c
//go:generate bpf2go ttlKept pitfalls/ttl-kept.bpf.c
//go:generate bpf2go markLost pitfalls/mark-lost.bpf.c
//go:generate bpf2go netkitNoHeader pitfalls/netkit-no-header.bpf.c
//go:generate bpf2go bridgeMaster pitfalls/bridge-master.bpf.c
//go:generate bpf2go vlanDevice pitfalls/vlan-device.bpf.c
//go:generate bpf2go xdpIntoVeth pitfalls/xdp-into-veth.bpf.c
//go:generate bpf2go reasonNumber pitfalls/reason-number.bpf.c
