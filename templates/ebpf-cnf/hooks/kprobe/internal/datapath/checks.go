// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"

	"example.com/cnf-template/internal/doctor"
)

// kprobeEvents checks for one of the two ways in which the kernel makes kprobes: a device of the
// perf subsystem, which needs no file system, or tracefs.
func kprobeEvents() doctor.Check {
	return doctor.Check{Name: "kprobe events", Run: func() doctor.Result {
		const device = "/sys/bus/event_source/devices/kprobe"
		if exists(device + "/type") {
			return doctor.Passed(device)
		}
		return doctor.Tracefs().Run()
	}}
}

// kernelFunctions checks that the kernel has the functions and that the compiler did not rename them, as it
// does when it changes their arguments.
func kernelFunctions() doctor.Check {
	return doctor.Check{Name: "kernel functions", Run: func() doctor.Result {
		symbols, err := os.Open("/proc/kallsyms")
		if err != nil {
			return doctor.Unknown(err.Error())
		}
		defer symbols.Close()

		missing, err := missingFunctions(symbols)
		switch {
		case err != nil:
			return doctor.Unknown(err.Error())
		case len(missing) > 0:
			return doctor.Failed("missing: "+strings.Join(missing, " "),
				"run an unmodified kernel, or change the probed functions in bpf/hook and internal/datapath")
		}
		return doctor.Passed(fmt.Sprintf("%d found", len(probes(&bpfPrograms{}))))
	}}
}

// missingFunctions reads lines of address, type and name. The type of a function is t or T.
func missingFunctions(symbols io.Reader) ([]string, error) {
	found := map[string]bool{}
	lines := bufio.NewScanner(symbols)
	for lines.Scan() {
		if fields := strings.Fields(lines.Text()); len(fields) >= 3 && strings.EqualFold(fields[1], "t") {
			found[fields[2]] = true
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read kernel symbols: %w", err)
	}
	var missing []string
	for _, probe := range probes(&bpfPrograms{}) {
		if !found[probe.function] {
			missing = append(missing, probe.function)
		}
	}
	return missing, nil
}
