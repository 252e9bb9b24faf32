// SPDX-License-Identifier: Apache-2.0

// Package traffic tests the finished program as its users run it: as a process of its
// own, on devices in network namespaces that are made for each test. It knows
// nothing of the program's inside.
package traffic

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// cnf is the program under test.
var cnf = os.Getenv("CNF_BINARY")

const insideEnv = "CNF_TEST_INSIDE"

// TestMain runs the tests in a child with a mount namespace of its own, so that file
// systems which they mount cannot be left behind, whatever ends the tests.
func TestMain(m *testing.M) {
	if os.Getenv(insideEnv) != "" {
		flag.Parse()
		if err := errors.Join(mountTracing(), leaveOut()); err != nil {
			fmt.Fprintln(os.Stderr, "prepare tests:", err)
			os.Exit(1)
		}
		os.Exit(m.Run())
	}
	os.Exit(runInside())
}

func runInside() int {
	if _, err := os.Stat(cnf); err != nil {
		fmt.Fprintln(os.Stderr, "CNF_BINARY must name the program under test:", err)
		return 1
	}
	child := exec.Command("/proc/self/exe", os.Args[1:]...)
	child.Env = append(os.Environ(), insideEnv+"=1")
	child.Stdin, child.Stdout, child.Stderr = nil, os.Stdout, os.Stderr
	child.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	err := child.Run()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return exit.ExitCode()
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "run the tests in a mount namespace: %v: run them with sudo\n", err)
		return 1
	}
	return 0
}

// mountTracing mounts tracefs where it is not mounted yet. A kernel without it is for the tests
// that need it to complain about.
func mountTracing() error {
	const path = "/sys/kernel/tracing"
	var stat unix.Statfs_t
	err := unix.Statfs(path, &stat)
	if errors.Is(err, fs.ErrNotExist) || stat.Type == unix.TRACEFS_MAGIC {
		return nil
	}
	if err != nil {
		return err
	}
	if err := unix.Mount("tracefs", path, "tracefs", 0, ""); err != nil {
		return fmt.Errorf("mount tracefs: %w", err)
	}
	return nil
}

// bpffs mounts a BPF file system for one test and returns a folder in it that does not
// exist yet.
func bpffs(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	if err := unix.Mount("bpf", root, "bpf", 0, "mode=1777"); err != nil {
		t.Fatalf("mount BPF file system: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(root, unix.MNT_DETACH); err != nil {
			t.Errorf("unmount BPF file system: %v", err)
		}
	})
	return root + "/pins"
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
