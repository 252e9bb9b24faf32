#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# where: pack
set -eu
# snippet: options
dotnet new ebpf-cnf \
	--name edge-meter \
	--output meter \
	--hook xdp \
	--function monitor \
	--module github.com/you/edge-meter \
	--github false \
	--docker false \
	--kubernetes false \
	--systemd false \
	--skills true
# end snippet

# snippet: dry-run
dotnet new ebpf-cnf --name edge-meter --hook kprobe --dry-run
# end snippet

ls -d meter/{bpf/hook/xdp.bpf.c,bpf/function/monitor.h,cmd/edge-meter,.claude/skills,dev/active}
grep -qx 'module github.com/you/edge-meter' meter/go.mod
for path in .github Dockerfile deploy make; do
	if test -e "meter/$path"; then
		echo "$path is there, although it was not asked for"
		exit 1
	fi
done
test ! -e edge-meter
