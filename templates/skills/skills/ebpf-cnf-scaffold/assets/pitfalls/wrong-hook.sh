#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# proof: fails
# where: pack
# message: 'tc' is not a valid value for --hook. The possible values are:
set -eu
dotnet new ebpf-cnf --name my-cnf --hook tc
