#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# proof: fails
# where: pack
# message: Overwrite   ./README.md
# message: To create the template anyway, run the command with '--force' option
set -eu
# snippet: code
git init --quiet my-cnf
echo '# My network function' > my-cnf/README.md
dotnet new ebpf-cnf --name my-cnf
# end snippet
