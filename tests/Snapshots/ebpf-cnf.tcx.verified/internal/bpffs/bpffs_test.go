// SPDX-License-Identifier: Apache-2.0

package bpffs

import (
	"os"
	"path/filepath"
	"testing"
)

func TestIsMounted(t *testing.T) {
	dir := t.TempDir()
	for name, path := range map[string]string{
		"another file system": dir,
		"nothing there":       filepath.Join(dir, "missing"),
	} {
		t.Run(name, func(t *testing.T) {
			if mounted, err := isMounted(path); mounted || err != nil {
				t.Errorf("got %v, %v, want false, nil", mounted, err)
			}
		})
	}

	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := isMounted(filepath.Join(file, "below")); err == nil {
		t.Error("a path below a file is no error")
	}
}
