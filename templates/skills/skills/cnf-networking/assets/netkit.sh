#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# where: vm
# from: 6.7
# otherwise: fails
# message: Unknown device type

set -eu
mkdir -p /run/netns
mount -t tmpfs tmpfs /run/netns

# snippet: netkit
ip netns add pod
# What the pod sends is dropped until a program is attached to the peer's side.
ip link add nk0 type netkit mode l3 forward peer blackhole name eth0 netns pod
ip addr add 10.1.0.1/32 dev nk0
ip link set nk0 up
ip route add 10.1.0.2/32 dev nk0
ip -n pod addr add 10.1.0.2/32 dev eth0
ip -n pod link set eth0 up
ip -n pod route add default dev eth0
# end snippet

ip -d link show nk0
ip -d link show nk0 | grep 'netkit mode l3 type primary policy forward'
ip -n pod -d link show eth0 | grep 'netkit mode l3 type peer policy blackhole'
ip -n pod -d link show eth0 | grep NOARP
if ip netns exec pod ping -c 1 -W 1 10.1.0.1; then
	echo "the pod's packets pass without a program"
	exit 1
fi
