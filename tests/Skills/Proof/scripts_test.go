// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestScripts runs the shell scripts that need a kernel of the matrix, each in
// namespaces of its own, with the network tools that the harness put beside them.
func TestScripts(t *testing.T) {
	scripts := manifest(t, "script")
	if onHost {
		t.Skip("host: scripts that run on the build host are run there directly")
	}
	tools := installTools(t)
	for _, e := range scripts {
		t.Run(e.Name, func(t *testing.T) {
			outcome := e.outcomeOn(t, runningKernel(t))
			output, err := runScript(t, e.File, tools)
			switch {
			case outcome == "fails" && err == nil:
				t.Fatalf("ended well, want it to fail:\n%s", output)
			case outcome != "fails" && err != nil:
				t.Fatalf("%v:\n%s", err, output)
			case outcome != "runs":
				mustContain(t, output, e.Messages)
			}
			t.Log(outcome)
		})
	}
}

func runScript(t *testing.T, file, tools string) (string, error) {
	t.Helper()
	content, err := files.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	script := filepath.Join(t.TempDir(), filepath.Base(file))
	if err := os.WriteFile(script, content, 0o755); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", functions(t, tools)+`. "$0"`, script)
	cmd.Dir = filepath.Dir(script)
	cmd.Env = append(os.Environ(), "PATH="+tools+":"+os.Getenv("PATH"))
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS}
	output, err := cmd.CombinedOutput()
	return string(output), err
}

// installTools unpacks the tools with their loader and libraries: the machine has
// none, and a wrapper tells the loader where they are.
func installTools(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	entries, err := fs.ReadDir(files, "files/tools")
	if err != nil {
		return dir
	}
	for _, entry := range entries {
		content, err := files.ReadFile("files/tools/" + entry.Name())
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, entry.Name()), content, 0o755); err != nil {
			t.Fatal(err)
		}
		if tool, isTool := strings.CutSuffix(entry.Name(), ".tool"); isTool {
			wrapper := "#!/bin/sh\nexec " + dir + "/ld.so --library-path " + dir + " " + dir + "/" + entry.Name() + " \"$@\"\n"
			if err := os.WriteFile(filepath.Join(dir, tool), []byte(wrapper), 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

// functions stand in front of the shell's own tools: busybox takes its ip and tc wherever PATH leads.
func functions(t *testing.T, tools string) string {
	t.Helper()
	installed, err := filepath.Glob(filepath.Join(tools, "*.tool"))
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, tool := range installed {
		wrapper := strings.TrimSuffix(tool, ".tool")
		fmt.Fprintf(&text, "%s() { %s \"$@\"; }\n", filepath.Base(wrapper), wrapper)
	}
	return text.String()
}
