#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# where: pack
set -eu
dotnet new ebpf-cnf --name my-cnf
cd my-cnf
# snippet: module
old=$(go list -m)
new=github.com/you/my-cnf
go mod edit -module "$new"
grep -rlF "\"$old/" --include='*.go' . | xargs sed -i "s|\"$old/|\"$new/|"
# end snippet

go list -deps ./... > /dev/null
if grep -rF example.com/my-cnf --include='*.go' .; then
	exit 1
fi
