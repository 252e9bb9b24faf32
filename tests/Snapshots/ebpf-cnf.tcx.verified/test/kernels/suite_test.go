// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestParseSuite(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"cnf", "a.test", "b.test"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		value, pattern string
		binaries       []string
		run            string
	}{
		{value: "tcx=" + dir, pattern: "*.test", binaries: []string{"a.test", "b.test"}},
		{value: "tcx=" + dir, pattern: "b*", binaries: []string{"b.test"}},
		{value: "tcx=" + dir + "=^(TestA|TestB)$", pattern: "*.test", binaries: []string{"a.test", "b.test"}, run: "^(TestA|TestB)$"},
		{value: "tcx=" + dir + "/b.test=^TestB$", pattern: "*.test", binaries: []string{"b.test"}, run: "^TestB$"},
	} {
		got, err := parseSuite(c.value, c.pattern)
		if err != nil || got.name != "tcx" || filepath.Clean(got.dir) != dir || got.run != c.run || !slices.Equal(got.binaries, c.binaries) {
			t.Errorf("%s: got %+v, %v", c.value, got, err)
		}
	}
	for _, value := range []string{"tcx", "=" + dir, "a b=" + dir, "tcx=" + dir + "/none", "tcx=" + dir + "/c.test"} {
		if got, err := parseSuite(value, "*.test"); err == nil {
			t.Errorf("%s: got %+v, want an error", value, got)
		}
	}
}
