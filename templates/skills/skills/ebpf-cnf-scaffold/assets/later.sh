#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# where: pack
set -eu
dotnet new ebpf-cnf --name my-cnf --systemd false
cd my-cnf
echo '/* mine */' >> bpf/function/monitor.h

# snippet: later
# In the project's folder. Nothing that is there already is touched.
fresh=$(mktemp -d)
dotnet new ebpf-cnf --name my-cnf --output "$fresh"
tar -c -C "$fresh" . | tar -x --skip-old-files
diff -r "$fresh" . || true
# end snippet

rm -r "$fresh"
test -e deploy/systemd/my-cnf.service
grep -q mine bpf/function/monitor.h
