// SPDX-License-Identifier: Apache-2.0

// Command my-cnf is a network function: it attaches BPF programs to the tcx hook,
// keeps them attached, and shows what they see.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/cilium/ebpf"
)

func main() { os.Exit(execute()) }

func execute() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// The second signal ends the process at once.
	context.AfterFunc(ctx, stop)

	if err := newRootCommand().ExecuteContext(ctx); err != nil {
		fmt.Fprintf(os.Stderr, "Error: %v\n", err)
		printVerifierLog(err)
		return 1
	}
	return 0
}

// printVerifierLog prints all of it: an error that wraps the verifier's shows only a summary.
func printVerifierLog(err error) {
	if verifierError := (*ebpf.VerifierError)(nil); errors.As(err, &verifierError) {
		fmt.Fprintf(os.Stderr, "%+v\n", verifierError)
	}
}
