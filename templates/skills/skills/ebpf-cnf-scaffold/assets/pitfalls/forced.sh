#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# proof: misbehaves
# where: pack
# message: decide drops ICMP: 0 lines
set -eu
dotnet new ebpf-cnf --name my-cnf
cd my-cnf
sed -i 's|\treturn VERDICT_PASS;|\tif (pkt->key.protocol == 1)\n\t\treturn VERDICT_DROP;\n&|' bpf/function/monitor.h
grep --quiet VERDICT_DROP bpf/function/monitor.h

# snippet: code
# Adds what was left out at first.
dotnet new ebpf-cnf --name my-cnf --output . --skills true --force
# end snippet

echo "decide drops ICMP: $(grep --count VERDICT_DROP bpf/function/monitor.h) lines"
