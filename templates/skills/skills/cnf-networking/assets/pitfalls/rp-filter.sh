#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# proof: fails
# where: netns
# message: 3 packets transmitted, 0 received, 100% packet loss

set -eu
mkdir -p /run/netns
mount -t tmpfs tmpfs /run/netns
for name in client server; do ip netns add "$name"; done
# Two ways lead from the client to the server.
for way in 1 2; do
	ip link add "way$way" netns client type veth peer name "way$way" netns server
	ip -n client addr add "10.$way.0.1/24" dev "way$way"
	ip -n server addr add "10.$way.0.2/24" dev "way$way"
	ip -n client link set "way$way" up
	ip -n server link set "way$way" up
done
ip -n client link set lo up
ip -n server link set lo up
ip -n server addr add 10.9.0.1/32 dev lo
ip -n client route add 10.9.0.1 via 10.2.0.2

# It is only the filter: without it the answers come.
ip netns exec server sysctl -q -w net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.way2.rp_filter=0
ip netns exec client ping -q -c 1 -W 2 -I 10.1.0.1 10.9.0.1

# snippet: code
# The request goes over way2 with an address that the server would answer over way1.
ip netns exec server sysctl -q -w net.ipv4.conf.all.rp_filter=1
ip netns exec client ping -c 3 -i 0.2 -W 1 -I 10.1.0.1 10.9.0.1
# end snippet
