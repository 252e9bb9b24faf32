// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"time"
)

// machine is what differs between the architectures.
type machine struct {
	command string
	flags   []string
	console string
}

// Processors that clouds have. QEMU's own "max" signs pointers on arm64, which takes emulation 2.5 times as
// long, and has five levels of page tables on x86.
//
// One CPU on x86: attaching to kernel functions changes code that another CPU may be running, which
// QEMU's emulation does not keep apart. The kernel then jumps to address 0, once in some hundred times.
var machines = map[string]machine{
	"amd64": {command: "qemu-system-x86_64", flags: []string{"-cpu", "EPYC", "-smp", "1"}, console: "ttyS0"},
	"arm64": {command: "qemu-system-aarch64", flags: []string{"-M", "virt", "-cpu", "neoverse-n1", "-smp", "2"}, console: "ttyAMA0"},
}

// boot starts a kernel and returns what it wrote to its console until it switched
// itself off. KVM is not asked for: where it works the gain is seconds, and
// on a nested machine its device may exist without working.
func boot(image, initramfs string, m machine, memory int, timeout time.Duration, copyTo io.Writer) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()

	// Without cryptomgr.notests the self-tests of 6.12 take a minute of emulation
	// and end in a panic. Mitigations stay as delivered: the verifier is stricter
	// with them.
	line := "console=" + m.console + " quiet panic=-1 cryptomgr.notests=1"
	flags := append([]string{
		"-accel", "tcg,thread=multi", "-m", fmt.Sprint(memory),
		"-display", "none", "-monitor", "none", "-serial", "stdio", "-nic", "none", "-no-reboot",
		"-kernel", image, "-initrd", initramfs, "-append", line,
	}, m.flags...)

	var console bytes.Buffer
	command := exec.CommandContext(ctx, m.command, flags...)
	command.Stdout = io.MultiWriter(&console, copyTo)
	command.Stderr = command.Stdout
	err := command.Run()
	switch {
	case ctx.Err() != nil:
		return console.Bytes(), fmt.Errorf("run %s: not finished after %s", m.command, timeout)
	case errors.Is(err, exec.ErrNotFound):
		return nil, fmt.Errorf("run %s: not installed", m.command)
	case err != nil:
		return console.Bytes(), fmt.Errorf("run %s: %w", m.command, err)
	}
	return console.Bytes(), nil
}
