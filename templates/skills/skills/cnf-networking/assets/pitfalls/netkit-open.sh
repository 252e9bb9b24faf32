#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# proof: misbehaves
# where: vm
# from: 6.7
# otherwise: runs
# message: 3 packets transmitted, 3 packets received

set -eu
mkdir -p /run/netns
mount -t tmpfs tmpfs /run/netns
ip netns add pod

# snippet: code
# No program is attached to this pair.
ip link add nk0 type netkit peer name eth0 netns pod || exit 0
# end snippet
ip addr add 10.1.0.1/24 dev nk0
ip link set nk0 up
ip -n pod addr add 10.1.0.2/24 dev eth0
ip -n pod link set eth0 up
ip netns exec pod ping -c 3 -W 5 10.1.0.1
