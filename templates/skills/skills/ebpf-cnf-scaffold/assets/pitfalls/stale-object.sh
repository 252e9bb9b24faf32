#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# proof: misbehaves
# where: project
# message: my-cnf is built, with a program older than its source
set -eu
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
tar -c --exclude='./internal/*-*' --exclude=./internal/skillproof . | tar -x -C "$copy"
cd "$copy"

# snippet: code
sed -i 's|VERDICT_PASS|VERDICT_DROP|' bpf/function/monitor.h
go build ./cmd/my-cnf
# end snippet

if test -x my-cnf -a bpf/function/monitor.h -nt internal/datapath/bpf_x86_bpfel.o; then
	echo "my-cnf is built, with a program older than its source"
fi
