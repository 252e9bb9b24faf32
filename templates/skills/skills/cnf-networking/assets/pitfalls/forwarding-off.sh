#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# proof: fails
# where: netns
# message: 3 packets transmitted, 0 received, 100% packet loss

set -eu
mkdir -p /run/netns
mount -t tmpfs tmpfs /run/netns
for name in client router server; do ip netns add "$name"; done
ip link add near0 netns router type veth peer name eth0 netns client
ip link add far0 netns router type veth peer name eth0 netns server
ip -n router addr add 10.1.0.1/24 dev near0
ip -n router addr add 10.2.0.1/24 dev far0
ip -n client addr add 10.1.0.2/24 dev eth0
ip -n server addr add 10.2.0.2/24 dev eth0
for device in near0 far0; do ip -n router link set "$device" up; done
for name in client server; do ip -n "$name" link set eth0 up; done
ip -n client route add default via 10.1.0.1
ip -n server route add default via 10.2.0.1

# It is only the setting: with it the packets arrive.
ip netns exec router sysctl -q -w net.ipv4.ip_forward=1
ip netns exec client ping -q -c 1 -W 2 10.2.0.2
ip netns exec router sysctl -q -w net.ipv4.ip_forward=0

# snippet: code
# For the machine, which is not where the router is.
sysctl -q -w net.ipv4.ip_forward=1
ip netns exec client ping -c 3 -i 0.2 -W 1 10.2.0.2
# end snippet
