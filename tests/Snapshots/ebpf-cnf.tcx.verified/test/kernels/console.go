// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// The test binary marks its own lines with this byte, so that what a test prints
// cannot be taken for a result. A subtest's result is indented before the mark or after it.
const mark = "\x16"

var (
	framing = regexp.MustCompile(`##cnf-(begin|end|done|error)(?: (.*))?$`)
	started = regexp.MustCompile(`^ *` + mark + ` *=== (RUN|NAME|CONT|PAUSE) +(\S*)$`)
	ended   = regexp.MustCompile(`^ *` + mark + ` *--- (PASS|FAIL|SKIP): (\S+) \(([0-9.]+)s\)$`)
)

// section is what one test binary printed.
type section struct {
	suite   string
	binary  string
	code    int
	ended   bool
	results []Result
	running map[string]bool
	output  map[string]*strings.Builder
	current string
}

// transcript is a whole console, read.
type transcript struct {
	sections []*section
	problems []string
	done     bool
}

func readConsole(console []byte) transcript {
	var t transcript
	var open *section
	for line := range strings.SplitSeq(string(console), "\n") {
		line = strings.TrimRight(line, "\r")
		if match := framing.FindStringSubmatch(line); match != nil {
			open = t.frame(open, match[1], strings.Fields(match[2]))
		} else if open != nil {
			open.read(line)
		}
	}
	return t
}

// frame handles a line of /init and returns the section that is open after it.
func (t *transcript) frame(open *section, kind string, words []string) *section {
	switch {
	case kind == "begin" && len(words) == 2:
		s := &section{suite: words[0], binary: words[1], running: map[string]bool{}, output: map[string]*strings.Builder{}}
		t.sections = append(t.sections, s)
		return s
	case kind == "end" && len(words) == 3 && open != nil:
		open.ended = true
		open.code, _ = strconv.Atoi(words[2])
		return nil
	case kind == "done":
		t.done = true
	default:
		t.problems = append(t.problems, strings.Join(words, " "))
	}
	return open
}

func (s *section) read(line string) {
	if match := started.FindStringSubmatch(line); match != nil {
		s.current = match[2]
		if match[1] == "RUN" {
			s.running[s.current] = true
		}
		return
	}
	if match := ended.FindStringSubmatch(line); match != nil {
		name := match[2]
		seconds, _ := strconv.ParseFloat(match[3], 64)
		delete(s.running, name)
		s.current = name
		s.results = append(s.results, Result{Test: name, Status: strings.ToLower(match[1]), Seconds: seconds})
		return
	}

	if s.output[s.current] == nil {
		s.output[s.current] = &strings.Builder{}
	}
	fmt.Fprintln(s.output[s.current], strings.TrimPrefix(line, mark))
}

// finish completes the results: a test that began and never ended has failed, and
// so has a binary that ended badly or ran nothing.
func (s *section) finish() []Result {
	for _, name := range slices.Sorted(maps.Keys(s.running)) {
		s.results = append(s.results, Result{Test: name, Status: statusFail})
	}
	for i := range s.results {
		s.results[i].Output = s.text(s.results[i].Test)
	}

	failed := slices.ContainsFunc(s.results, func(r Result) bool { return r.Status == statusFail })
	switch {
	case !s.ended:
		s.fail("the machine stopped while this was running")
	case len(s.results) == 0:
		s.fail("no tests ran")
	case s.code != 0 && !failed:
		s.fail(fmt.Sprintf("exit code %d without a failed test", s.code))
	case s.code == 0 && failed:
		s.fail("exit code 0 although a test failed")
	}
	for i := range s.results {
		s.results[i].Suite, s.results[i].Binary = s.suite, s.binary
	}
	return s.results
}

func (s *section) fail(reason string) {
	s.results = append(s.results, Result{Status: statusFail, Output: reason + "\n" + s.text("")})
}

func (s *section) text(test string) string {
	if s.output[test] == nil {
		return ""
	}
	return s.output[test].String()
}
