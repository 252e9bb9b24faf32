// SPDX-License-Identifier: Apache-2.0

// Package proof shows on whatever kernel it runs that the files of the skills do
// what their headers say. The harness puts it into a generated project, together
// with the compiled objects and a manifest of expectations.
package proof

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"
)

//go:embed manifest.json files
var files embed.FS

// expectation is what a file's header says, and where its compiled form lies.
type expectation struct {
	Name         string   `json:"name"`
	Kind         string   `json:"kind"`
	File         string   `json:"file"`
	Outcome      string   `json:"outcome"`
	From         string   `json:"from"`
	Before       string   `json:"before"`
	Otherwise    string   `json:"otherwise"`
	Messages     []string `json:"messages"`
	Capabilities []string `json:"capabilities"`
	HostReason   string   `json:"hostReason"`
}

// onHost is set where the kernel is the build machine's and not one of the matrix.
var onHost = os.Getenv("CNF_SKILLS_HOST") != ""

func TestObjects(t *testing.T) {
	for _, e := range manifest(t, "object") {
		t.Run(e.Name, func(t *testing.T) {
			if onHost && e.HostReason != "" {
				t.Skip("host: " + e.HostReason)
			}
			outcome := e.outcomeOn(t, runningKernel(t))
			// First only the verifier's last words: a whole log takes a while to write.
			err := load(t, e, ebpf.LogLevelStats)
			if err != nil && !containsAll(explain(err), e.Messages) {
				err = load(t, e, ebpf.LogLevelBranch)
			}
			switch {
			case outcome == "loads" && err != nil:
				t.Fatalf("refused: %s", explain(err))
			case outcome == "refused" && err == nil:
				t.Fatal("accepted, want it refused")
			case outcome == "refused":
				mustContain(t, explain(err), e.Messages)
			}
			t.Log(outcome)
		})
	}
}

// load creates all maps and verifies all programs, and throws them away.
func load(t *testing.T, e expectation, level ebpf.LogLevel) error {
	t.Helper()
	object, err := files.ReadFile(e.File)
	if err != nil {
		t.Fatal(err)
	}
	spec, err := ebpf.LoadCollectionSpecFromReader(bytes.NewReader(object))
	if err != nil {
		t.Fatalf("read object: %v", err)
	}
	for _, m := range spec.Maps {
		m.Pinning = ebpf.PinNone
	}
	return withCapabilities(e.Capabilities, func() error {
		collection, err := ebpf.NewCollectionWithOptions(spec, ebpf.CollectionOptions{Programs: ebpf.ProgramOptions{LogLevel: level}})
		if err != nil {
			return err
		}
		collection.Close()
		return nil
	})
}

var capabilities = map[string]uint{
	"bpf":       unix.CAP_BPF,
	"net_admin": unix.CAP_NET_ADMIN,
	"perfmon":   unix.CAP_PERFMON,
	"sys_admin": unix.CAP_SYS_ADMIN,
}

// withCapabilities runs f on a thread that has given up all other capabilities, and
// that ends with it: what a thread has given up it cannot get back.
func withCapabilities(names []string, f func() error) error {
	if len(names) == 0 {
		return f()
	}
	result := make(chan error)
	go func() {
		runtime.LockOSThread()
		header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
		var data [2]unix.CapUserData
		for _, name := range names {
			bit := capabilities[name]
			data[bit/32].Effective |= 1 << (bit % 32)
			data[bit/32].Permitted |= 1 << (bit % 32)
		}
		if err := unix.Capset(&header, &data[0]); err != nil {
			result <- fmt.Errorf("drop capabilities: %w", err)
			return
		}
		result <- f()
	}()
	return <-result
}

// explain returns the verifier's whole log where there is one.
func explain(err error) string {
	var verifier *ebpf.VerifierError
	if errors.As(err, &verifier) {
		return fmt.Sprintf("%v\n%+v", err, verifier)
	}
	return err.Error()
}

func containsAll(output string, messages []string) bool {
	for _, message := range messages {
		if !strings.Contains(output, message) {
			return false
		}
	}
	return true
}

func mustContain(t *testing.T, output string, messages []string) {
	t.Helper()
	for _, message := range messages {
		if !strings.Contains(output, message) {
			t.Errorf("%q is not in:\n%s", message, output)
		}
	}
}

func manifest(t *testing.T, kind string) []expectation {
	t.Helper()
	content, err := files.ReadFile("manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	var all, wanted []expectation
	if err := json.Unmarshal(content, &all); err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		if e.Kind == kind {
			wanted = append(wanted, e)
		}
	}
	return wanted
}
