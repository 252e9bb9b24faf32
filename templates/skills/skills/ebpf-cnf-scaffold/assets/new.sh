#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# where: pack
set -eu
# snippet: new
dotnet new ebpf-cnf --name my-cnf --hook tcx --module github.com/you/my-cnf
cd my-cnf
make
make demo
# end snippet

test -x my-cnf
