// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"path/filepath"
	"strings"
)

// suite is a folder of test binaries and the program that they test.
type suite struct {
	name     string
	dir      string
	run      string // selects tests; empty for all that --run selects
	binaries []string
}

// parseSuite reads NAME=DIR[=REGEXP] and lists the test binaries in the folder. With a file in place of the folder
// it is that binary alone.
func parseSuite(value, pattern string) (suite, error) {
	name, rest, found := strings.Cut(value, "=")
	if !found || name == "" || strings.ContainsAny(name, " /") {
		return suite{}, fmt.Errorf("read suite %q: want NAME=DIR", value)
	}
	dir, run, _ := strings.Cut(rest, "=")
	if strings.HasSuffix(dir, ".test") {
		dir, pattern = filepath.Split(dir)
	}
	tests, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil {
		return suite{}, err
	}
	if len(tests) == 0 {
		return suite{}, fmt.Errorf("read suite %s: no %s in %s", name, pattern, dir)
	}

	s := suite{name: name, dir: dir, run: run}
	for _, test := range tests {
		s.binaries = append(s.binaries, filepath.Base(test))
	}
	return s, nil
}

// files are what travels to the guest: the tests and the program.
func (s suite) files() []string {
	return append([]string{"cnf"}, s.binaries...)
}
