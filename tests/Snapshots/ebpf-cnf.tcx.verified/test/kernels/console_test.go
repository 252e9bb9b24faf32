// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"strings"
	"testing"
)

const goodConsole = "firmware\x1b[0m##cnf-begin tcx a.test\r\n" +
	mark + "=== RUN   TestOne\r\n" +
	"    one_test.go:1: seen\r\n" +
	mark + "--- PASS: TestOne (0.25s)\r\n" +
	mark + "=== RUN   TestTwo\r\n" +
	"--- FAIL: TestTwo (9.00s)\r\n" +
	mark + "--- SKIP: TestTwo (0.00s)\r\n" +
	"PASS\r\n\r\n##cnf-end tcx a.test 0\r\n##cnf-done\r\n"

var oneSuite = []suite{{name: "tcx", binaries: []string{"a.test"}}}

func TestCollectReadsResults(t *testing.T) {
	results := collect([]byte(goodConsole), oneSuite, nil)
	if len(results) != 2 {
		t.Fatalf("got %d results, want 2: %+v", len(results), results)
	}
	one, two := results[0], results[1]
	if one.Test != "TestOne" || one.Status != statusPass || one.Seconds != 0.25 || !strings.Contains(one.Output, "seen") {
		t.Errorf("got %+v", one)
	}
	if two.Status != statusSkip {
		t.Errorf("a line that the test printed itself was taken for its result: %+v", two)
	}
}

// Each console is the good one with a defect; each must give a failure that names it.
func TestCollectFindsFailures(t *testing.T) {
	for name, c := range map[string]struct {
		console string
		err     error
		want    string
	}{
		"boot":           {console: goodConsole, err: errors.New("not finished"), want: "not finished"},
		"panic":          {console: goodConsole[:strings.Index(goodConsole, "PASS\r")] + "Kernel panic - not syncing\n", want: "Kernel panic"},
		"never started":  {console: "##cnf-done", want: "never started"},
		"no end":         {console: strings.Replace(goodConsole, "##cnf-done", "", 1), want: "did not come to its end"},
		"no tests":       {console: "##cnf-begin tcx a.test\n##cnf-end tcx a.test 0\n##cnf-done\n", want: "no tests ran"},
		"exit code":      {console: strings.Replace(goodConsole, "a.test 0", "a.test 2", 1), want: "exit code 2"},
		"test unended":   {console: strings.Replace(goodConsole, mark+"--- PASS: TestOne", "x", 1), want: "seen"},
		"silent failure": {console: strings.Replace(goodConsole, mark+"--- PASS", mark+"--- FAIL", 1), want: "exit code 0"},
		"module":         {console: "##cnf-error insmod veth.ko\n" + goodConsole, want: "insmod veth.ko"},
	} {
		t.Run(name, func(t *testing.T) {
			var text strings.Builder
			failures := printResults(&text, collect([]byte(c.console), oneSuite, c.err), false)
			if failures == 0 || !strings.Contains(text.String(), c.want) {
				t.Errorf("%d failures, want %q in:\n%s", failures, c.want, text.String())
			}
		})
	}
}
