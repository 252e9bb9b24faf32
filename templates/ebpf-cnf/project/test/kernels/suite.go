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
	binaries []string
}

// parseSuite reads NAME=DIR and lists the folder.
func parseSuite(value string) (suite, error) {
	name, dir, found := strings.Cut(value, "=")
	if !found || name == "" || strings.ContainsAny(name, " /") {
		return suite{}, fmt.Errorf("read suite %q: want NAME=DIR", value)
	}
	tests, err := filepath.Glob(filepath.Join(dir, "*.test"))
	if err != nil {
		return suite{}, err
	}
	if len(tests) == 0 {
		return suite{}, fmt.Errorf("read suite %s: no *.test in %s", name, dir)
	}

	s := suite{name: name, dir: dir}
	for _, test := range tests {
		s.binaries = append(s.binaries, filepath.Base(test))
	}
	return s, nil
}

// files lists everything in the suite's folder that travels to the guest.
func (s suite) files() ([]string, error) {
	return filepath.Glob(filepath.Join(s.dir, "*"))
}
