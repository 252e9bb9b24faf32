#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# proof: fails
# where: pack
# message: missing go.sum entry
# message: undefined: bpf
set -eu
export GOFLAGS=-buildvcs=false

# snippet: code
dotnet new ebpf-cnf --name my-cnf
cd my-cnf
go build ./cmd/my-cnf || make go.sum
go build ./cmd/my-cnf
# end snippet
