#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# proof: fails
# where: netns
# message: Cannot assign requested address

set -eu
mkdir -p /run/netns
mount -t tmpfs tmpfs /run/netns
ip netns add left
ip netns add right
ip link add eth0 netns left type veth peer name eth0 netns right
ip -n left link set eth0 up
ip -n right link set eth0 up

# It is only the check for duplicates: without it the address can be used at once.
ip -n left addr add fd02::1/64 dev eth0 nodad
ip -n right addr add fd02::2/64 dev eth0 nodad
ip netns exec left ping -6 -q -c 1 -W 2 -I fd02::1 fd02::2

# snippet: code
ip -n left addr add fd01::1/64 dev eth0
ip netns exec left ping -6 -c 1 -W 1 -I fd01::1 fd01::2
# end snippet
