// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"example.com/my-cnf/internal/doctor"
	"example.com/my-cnf/internal/privilege"
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

const (
	paranoidPath = "/proc/sys/kernel/perf_event_paranoid"
	// mostParanoid is the highest value that the kernel knows. Those of Debian and Ubuntu have higher
	// ones, with which CAP_PERFMON does not open the perf events that kprobes are made of.
	mostParanoid = 2
)

var errParanoid = fmt.Errorf("kernel.perf_event_paranoid is above %[1]d, which asks for CAP_SYS_ADMIN: run `sysctl kernel.perf_event_paranoid=%[1]d`, or run as root", mostParanoid)

// perfEvents checks that CAP_PERFMON is enough.
func perfEvents() doctor.Check {
	return doctor.Check{Name: "perf events", Run: func() doctor.Result {
		value, err := os.ReadFile(paranoidPath)
		if err != nil {
			return doctor.Unknown(err.Error())
		}
		detail := "kernel.perf_event_paranoid is " + strings.TrimSpace(string(value))
		if needsSysAdmin() {
			return doctor.Failed(detail, errParanoid.Error())
		}
		return doctor.Passed(detail)
	}}
}

// needsSysAdmin tells whether the kernel wants CAP_SYS_ADMIN and this process lacks it.
func needsSysAdmin() bool {
	text, err := os.ReadFile(paranoidPath)
	if err != nil {
		return false
	}
	value, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || value <= mostParanoid {
		return false
	}
	have, err := privilege.Effective()
	return err == nil && !have.Has(privilege.SysAdmin)
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

// missingFunctions reads lines of address, type and name, and for functions of modules the module.
func missingFunctions(symbols io.Reader) ([]string, error) {
	found := map[string]bool{}
	for _, probe := range probes(&bpfPrograms{}) {
		found[probe.function] = false
	}
	lines := bufio.NewScanner(symbols)
	for lines.Scan() {
		// There are some 200,000 symbols: look only at what follows the type of a function.
		_, name, isFunction := bytes.Cut(lines.Bytes(), []byte(" T "))
		if !isFunction {
			_, name, isFunction = bytes.Cut(lines.Bytes(), []byte(" t "))
		}
		name, _, _ = bytes.Cut(name, []byte("\t"))
		if _, wanted := found[string(name)]; isFunction && wanted {
			found[string(name)] = true
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
