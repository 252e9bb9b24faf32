// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"
)

// The names and contents are read back by cpio itself.
func TestArchiveIsReadByCpio(t *testing.T) {
	cpio, err := exec.LookPath("cpio")
	if err != nil {
		t.Skip("cpio is not installed")
	}
	var out bytes.Buffer
	a := newArchive(&out)
	a.file("/suites/tcx/cnf", modeProgram, []byte("12345"))
	a.device("/dev/console", 5, 1)
	a.file("/init", modeProgram, []byte("#!"))
	if err := a.close(); err != nil {
		t.Fatal(err)
	}
	if out.Len() != int(a.size) {
		t.Errorf("size is %d, but %d bytes were written", a.size, out.Len())
	}

	list := exec.Command(cpio, "--list", "--verbose", "--quiet")
	list.Stdin = &out
	text, err := list.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	for _, want := range []string{"/suites/tcx/cnf", "/dev/console", "5,   1", "drwxr-xr-x", "/init"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %q in:\n%s", want, text)
		}
	}
}

func TestArchiveReportsMissingFile(t *testing.T) {
	a := newArchive(&bytes.Buffer{})
	a.copy("/bin/busybox", modeProgram, "/nonexistent")
	if a.close() == nil {
		t.Error("no error for a file that does not exist")
	}
}
