#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# where: netns

set -eu
# Names of namespaces are files. Here they go when the script's own mount table goes.
mkdir -p /run/netns
mount -t tmpfs tmpfs /run/netns

# snippet: routed
# client 10.1.0.2 -- near0 router far0 -- 10.2.0.2 server
for name in client router server; do
	ip netns add "$name"
	ip -n "$name" link set lo up
done
ip link add near0 netns router type veth peer name eth0 netns client
ip link add far0 netns router type veth peer name eth0 netns server

ip -n router addr add 10.1.0.1/24 dev near0
ip -n router addr add 10.2.0.1/24 dev far0
ip -n client addr add 10.1.0.2/24 dev eth0
ip -n server addr add 10.2.0.2/24 dev eth0
for device in near0 far0; do ip -n router link set "$device" up; done
for name in client server; do ip -n "$name" link set eth0 up; done

# A namespace has settings of its own: what the machine forwards says nothing.
ip netns exec router sysctl -q -w net.ipv4.ip_forward=1
ip -n client route add default via 10.1.0.1
ip -n server route add default via 10.2.0.1
# end snippet

ip netns exec client ping -c 3 -i 0.2 -W 2 10.2.0.2
ip -n client route get 10.2.0.2 | grep 'via 10.1.0.1 dev eth0'
ip -n router neigh show dev far0 | grep '^10.2.0.2 .*lladdr'
