// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"testing"
)

// builtWithout tells whether the running kernel says that it lacks an option. A kernel that
// does not show its configuration is taken to have it.
func builtWithout(t *testing.T, option string) bool {
	t.Helper()
	file, err := os.Open("/proc/config.gz")
	if errors.Is(err, fs.ErrNotExist) {
		return false
	}
	if err != nil {
		t.Fatalf("open kernel configuration: %v", err)
	}
	defer file.Close()
	reader, err := gzip.NewReader(file)
	if err != nil {
		t.Fatalf("read kernel configuration: %v", err)
	}
	config, err := io.ReadAll(reader)
	if err != nil {
		t.Fatalf("read kernel configuration: %v", err)
	}
	return strings.Contains(string(config), "# "+option+" is not set\n")
}
