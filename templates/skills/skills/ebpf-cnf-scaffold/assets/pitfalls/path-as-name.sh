#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# proof: fails
# where: pack
# message: Name cannot contain any of the following characters
set -eu
dotnet new ebpf-cnf --name github.com/you/my-cnf
