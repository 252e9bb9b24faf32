// SPDX-License-Identifier: Apache-2.0

// Command my-cnf counts the IPv4 packets that an interface receives.
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"syscall"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
)

// Debian keeps asm/types.h in a folder for each architecture; clang passes by folders that are not there.
//go:generate go tool bpf2go -tags linux -target amd64,arm64 count bpf/count.bpf.c -- -O2 -g -Wall -Werror -I/usr/include/x86_64-linux-gnu -I/usr/include/aarch64-linux-gnu

func main() {
	if err := run(); err != nil {
		fmt.Fprintf(os.Stderr, "Error: %v\n", err)
		// The error itself has only the end of the verifier's log.
		if verifierError := (*ebpf.VerifierError)(nil); errors.As(err, &verifierError) {
			fmt.Fprintf(os.Stderr, "%+v\n", verifierError)
		}
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) != 2 {
		return errors.New("want one argument, the name of an interface")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	device, err := net.InterfaceByName(os.Args[1])
	if err != nil {
		return fmt.Errorf("find interface %s: %w", os.Args[1], err)
	}
	var objects countObjects
	if err := loadCountObjects(&objects, nil); err != nil {
		return fmt.Errorf("load program: %w", err)
	}
	defer objects.Close()

	attached, err := link.AttachTCX(link.TCXOptions{
		Interface: device.Index,
		Program:   objects.Count,
		Attach:    ebpf.AttachTCXIngress,
	})
	if err != nil {
		return fmt.Errorf("attach to %s: %w", device.Name, err)
	}
	// The program runs as long as the link is open.
	defer attached.Close()
	fmt.Println("attached")

	<-ctx.Done()
	var packets uint64
	if err := objects.Packets.Get(&packets); err != nil {
		return fmt.Errorf("read packets: %w", err)
	}
	fmt.Println(packets, "packets")
	return nil
}
