#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# proof: fails
# where: pack
# message: './cmd/MyFirewall': No such file or directory
set -eu
dotnet new ebpf-cnf --name MyFirewall

# snippet: code
cd MyFirewall
stat ./cmd/MyFirewall
# end snippet
