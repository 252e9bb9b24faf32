#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# proof: fails
# where: pack
# message: no required module provides package example.com/my-cnf/internal/
set -eu
export GOFLAGS=-buildvcs=false
dotnet new ebpf-cnf --name my-cnf
cd my-cnf
make go.sum

# snippet: code
go mod edit -module github.com/you/my-cnf
go build ./internal/datapath
# end snippet
