#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# where: vm

set -eu
mkdir -p /run/netns
mount -t tmpfs tmpfs /run/netns
ip link set lo up
ip netns add pod
ip link add left0 type veth peer name eth0 netns pod
ip addr add 10.1.0.1/24 dev left0
ip link set left0 up
ip -n pod addr add 10.1.0.2/24 dev eth0
ip -n pod link set eth0 up
"$CNF_BINARY" run --interface left0 &
cnf=$!
trap 'kill $cnf' EXIT
for _ in $(seq 100); do
	bpftool -j net show dev left0 | grep -q tcx_ingress && break
	sleep 0.1
done

# snippet: inspect
# Which programs hang on a device: XDP, tcx, netkit and clsact, in the order in which they run.
bpftool net show dev left0
# Their links, and the programs behind them with what they cost.
bpftool link show
bpftool prog show name tcx_ingress
# What the device is, and what it and the stack have dropped.
ip -d -s -s link show left0
# Who is at the other end.
ip netns list-id
ip -n pod neigh show
# end snippet

ping -c 1 -W 5 10.1.0.2
bpftool net show dev left0 | grep tcx_ingress
bpftool net show dev left0 | grep tcx_egress
