// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
)

const (
	statusPass = "pass"
	statusFail = "fail"
	statusSkip = "skip"

	// tailLines of a console are shown when a machine came to a bad end.
	tailLines = 40
)

// Result is one test on one kernel. A failure of a whole binary or machine has no
// test name.
type Result struct {
	Kernel  string  `json:"kernel"`
	Arch    string  `json:"arch"`
	Suite   string  `json:"suite"`
	Binary  string  `json:"binary"`
	Test    string  `json:"test"`
	Status  string  `json:"status"`
	Seconds float64 `json:"seconds"`
	Output  string  `json:"output"`
}

// collect turns a console into results. Every binary of every suite must have
// some, and the machine must have come to its proper end.
func collect(console []byte, suites []suite, bootErr error) []Result {
	t := readConsole(console)
	seen := map[string]bool{}
	var results []Result
	for _, section := range t.sections {
		seen[section.suite+" "+section.binary] = true
		results = append(results, section.finish()...)
	}
	for _, problem := range t.problems {
		results = append(results, Result{Status: statusFail, Output: problem + "\n"})
	}
	for _, suite := range suites {
		for _, binary := range suite.binaries {
			if !seen[suite.name+" "+binary] {
				results = append(results, Result{Suite: suite.name, Binary: binary, Status: statusFail, Output: "never started\n"})
			}
		}
	}

	if bootErr != nil || !t.done {
		reason := "the machine did not come to its end"
		if bootErr != nil {
			reason = bootErr.Error()
		}
		results = append(results, Result{Status: statusFail, Output: reason + "; the console ends with:\n" + tail(console)})
	}
	return results
}

func tail(console []byte) string {
	lines := strings.Split(strings.TrimRight(strings.ReplaceAll(string(console), "\r", ""), "\n"), "\n")
	if len(lines) > tailLines {
		lines = lines[len(lines)-tailLines:]
	}
	return strings.Join(lines, "\n") + "\n"
}

func writeResults(path string, results []Result) error {
	content, err := json.MarshalIndent(results, "", "  ")
	if err != nil {
		return fmt.Errorf("encode results: %w", err)
	}
	return os.WriteFile(path, append(content, '\n'), 0o644)
}

// printResults explains what failed and what was skipped, then counts. It returns
// the number of failures.
func printResults(out io.Writer, results []Result, show bool) int {
	type row struct{ kernel, arch, suite, binary string }
	type count struct {
		status  map[string]int
		seconds float64
	}
	var rows []row
	counts := map[row]*count{}
	failures := 0

	for _, r := range results {
		key := row{r.Kernel, r.Arch, r.Suite, r.Binary}
		if counts[key] == nil {
			counts[key] = &count{status: map[string]int{}}
			rows = append(rows, key)
		}
		counts[key].status[r.Status]++
		if !strings.Contains(r.Test, "/") {
			counts[key].seconds += r.Seconds
		}
		if r.Status == statusFail {
			failures++
		}
		if r.Status == statusPass && show {
			fmt.Fprint(out, r.Output)
		}
		if r.Status != statusPass {
			fmt.Fprintf(out, "%s: %s %s %s %s\n%s", strings.ToUpper(r.Status), r.Kernel, r.Suite, r.Binary, r.Test, indent(r.Output))
		}
	}

	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "KERNEL\tARCH\tSUITE\tBINARY\tPASS\tFAIL\tSKIP\tSECONDS")
	for _, key := range rows {
		c := counts[key]
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d\t%d\t%d\t%.1f\n", key.kernel, key.arch, orDash(key.suite), orDash(key.binary),
			c.status[statusPass], c.status[statusFail], c.status[statusSkip], c.seconds)
	}
	table.Flush()
	return failures
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

func indent(text string) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		out.WriteString("    " + line)
	}
	return out.String()
}
