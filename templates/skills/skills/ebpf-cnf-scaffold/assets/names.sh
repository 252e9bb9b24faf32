#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# where: pack
set -eu
# snippet: names
for name in edge-meter MyFirewall 'My CNF 2' 9lives test 世界; do
	dotnet new ebpf-cnf --name "$name" > /dev/null
	echo "$name: $(ls "$name/cmd")"
done
# end snippet
