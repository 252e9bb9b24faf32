#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# proof: misbehaves
# where: pack
# message: cmd/src
set -eu
# snippet: code
mkdir src
cd src
dotnet new ebpf-cnf
ls -d cmd/*
# end snippet
