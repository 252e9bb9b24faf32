// SPDX-License-Identifier: Apache-2.0

package datapath

//go:generate -command bpf2go go tool bpf2go -tags linux -target amd64,arm64 -cflags "-I../../bpf -I../../bpf/include -O2 -g -Wall -Werror -mcpu=v2"
//go:generate bpf2go -type flow_key -type guard_event bpf bpf/guard.bpf.c
//go:generate bpf2go senders bpf/senders.bpf.c
//go:generate bpf2go icmpPorts pitfalls/icmp-ports.bpf.c
//go:generate bpf2go dropsARP pitfalls/drops-arp.bpf.c
//go:generate bpf2go failedLookup pitfalls/failed-lookup.bpf.c
//go:generate bpf2go eventPerPacket pitfalls/event-per-packet.bpf.c
