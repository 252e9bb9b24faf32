#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# where: pack
set -eu
assets=$(cd "$(dirname "$0")" && pwd)

# snippet: make
mkdir my-cnf
cp -r "$assets/byhand/." my-cnf
cd my-cnf
go mod init example.com/my-cnf
go get github.com/cilium/ebpf@v0.22.0 golang.org/x/sys@latest
go get -tool github.com/cilium/ebpf/cmd/bpf2go@v0.22.0
go generate
CGO_ENABLED=0 go build
# end snippet

# snippet: run
ip link add out0 type veth peer name in0
ip address add 10.0.0.1/24 dev out0
ip link set out0 up
ip link set in0 up
ip neighbour add 10.0.0.2 lladdr 02:00:00:00:00:02 dev out0

./my-cnf in0 > output &
until grep -q attached output; do
	sleep 0.1
	kill -0 %1
done
for port in 1 2 3; do
	echo datagram > "/dev/udp/10.0.0.2/$port"
done
kill %1
wait
grep -x '3 packets' output
# end snippet
