#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# where: vm

set -eu
mkdir -p /run/netns
mount -t tmpfs tmpfs /run/netns

# snippet: vlan
# A trunk between two namespaces, with one VLAN device at each end.
ip netns add left
ip netns add right
ip link add trunk0 netns left type veth peer name trunk0 netns right
for side in left right; do
	ip -n "$side" link set trunk0 up
	ip -n "$side" link add link trunk0 name trunk0.100 type vlan id 100
	ip -n "$side" link set trunk0.100 up
done
ip -n left addr add 10.1.0.1/24 dev trunk0.100
ip -n right addr add 10.1.0.2/24 dev trunk0.100
# end snippet

ip netns exec left ping -c 3 -W 5 10.1.0.2
ip -n left -d link show trunk0.100 | grep 'vlan protocol 802.1Q id 100'
