#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# proof: fails
# where: pack
# message: C source files not allowed when not using cgo or SWIG: count.bpf.c
set -eu
# snippet: code
cat > main.go <<'END'
package main

//go:generate go tool bpf2go count count.bpf.c

func main() {}
END
touch count.bpf.c
go mod init example.com/my-cnf
CGO_ENABLED=1 go build
# end snippet
