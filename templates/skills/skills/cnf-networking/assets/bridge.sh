#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# where: netns

set -eu
mkdir -p /run/netns
mount -t tmpfs tmpfs /run/netns

# snippet: bridge
# Two namespaces at two ports of a bridge, which has an address of its own.
ip netns add switch
ip -n switch link add br0 type bridge
for host in 1 2; do
	ip netns add "host$host"
	ip link add "port$host" netns switch type veth peer name eth0 netns "host$host"
	ip -n switch link set "port$host" master br0 up
	ip -n "host$host" addr add "10.1.0.$host/24" dev eth0
	ip -n "host$host" link set eth0 up
done
ip -n switch addr add 10.1.0.254/24 dev br0
ip -n switch link set br0 up
# end snippet

ip netns exec host1 ping -c 3 -i 0.2 -W 2 10.1.0.2
ip netns exec host1 ping -c 1 -W 2 10.1.0.254
# snippet: ports
# Ports, and where the bridge has learned which MAC address.
ip netns exec switch bridge link show
ip netns exec switch bridge fdb show br br0 dynamic
# end snippet
test "$(ip -n switch -o link show master br0 | wc -l)" = 2
