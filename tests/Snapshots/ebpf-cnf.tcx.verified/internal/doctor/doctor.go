// SPDX-License-Identifier: Apache-2.0

// Package doctor says what a machine lacks to run the network function, and what
// to do about it.
package doctor

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"example.com/my-cnf/internal/privilege"
)

// Requirements is what a hook asks of the machine.
type Requirements struct {
	// Kernel is the oldest release on which the hook is proven to work.
	Kernel Version
	// BTF is true for programs that are fitted to the kernel's own types (CO-RE).
	BTF bool
	// Capabilities are those that loading and attaching need.
	Capabilities []privilege.Capability
	// Config lists kernel options, such as CONFIG_KPROBES, that must be y or m.
	Config []string
	// Checks are the hook's own.
	Checks []Check
}

// Check is one line of the report.
type Check struct {
	Name string
	Run  func() Result
}

type status int

const (
	passed status = iota
	failed
	unknown
)

// Result is what a check found.
type Result struct {
	status         status
	Detail, Remedy string
}

// Passed is the result of a check that found what it looked for.
func Passed(detail string) Result { return Result{passed, detail, ""} }

// Failed is the result of a check that found something to be missing; remedy is
// an instruction.
func Failed(detail, remedy string) Result { return Result{failed, detail, remedy} }

// Unknown is the result of a check that could not find out. It is no failure.
func Unknown(detail string) Result { return Result{unknown, detail, ""} }

// Failed tells whether the check failed.
func (r Result) Failed() bool { return r.status == failed }

// Checks returns all checks for a hook. pin may be empty.
func Checks(r Requirements, pin string) []Check {
	checks := []Check{
		kernelRelease(r.Kernel),
		kernelTypes("/sys/kernel/btf/vmlinux", r.BTF),
		capabilities(r.Capabilities),
		lockedMemory(),
	}
	if len(r.Config) > 0 {
		checks = append(checks, kernelConfig(r.Config))
	}
	if pin != "" {
		checks = append(checks, bpfFileSystem(pin))
	}
	return append(checks, r.Checks...)
}

// Report runs the checks, writes a table, and returns how many failed.
func Report(w io.Writer, checks []Check) (int, error) {
	failures := 0
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, check := range checks {
		result := check.Run()
		fmt.Fprintf(table, "%s\t%s\t%s\n", result.mark(), check.Name, oneLine(result.Detail))
		if result.Failed() {
			failures++
			fmt.Fprintf(table, "\t\t-> %s\n", oneLine(result.Remedy))
		}
	}
	return failures, table.Flush()
}

func (r Result) mark() string {
	return [...]string{passed: "ok", failed: "FAIL", unknown: "?"}[r.status]
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
