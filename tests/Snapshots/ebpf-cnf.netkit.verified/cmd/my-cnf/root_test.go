// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.com/my-cnf/internal/flows"
)

func cnf(args ...string) (string, error) {
	var out strings.Builder
	root := newRootCommand()
	root.SetArgs(args)
	root.SetOut(&out)
	root.SetErr(&out)
	err := root.Execute()
	return out.String(), err
}

func TestCommandsRefuseWhatCannotWork(t *testing.T) {
	config := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(config, []byte("max-flow: 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{
		"unknown command \"walk\"":    {"walk"},
		"unknown flag":                {"run", "--fast"},
		"--max-flows 16777217":        {"run", "--check", "--max-flows", "16777217"},
		"--log-format xml":            {"run", "--check", "--log-format", "xml"},
		"--on-exit":                   {"run", "--check", "--on-exit", "leave"},
		"want an absolute path":       {"run", "--check", "--pin", "pins"},
		"keep needs --pin":            {"run", "--check", "--on-exit", "keep"},
		"unknown key max-flow":        {"run", "--check", "--config", config},
		"--output yaml":               {"flows", "-o", "yaml"},
		"--pin is missing":            {"detach"},
		"open pin folder":             {"detach", "--pin", filepath.Join(t.TempDir(), "none")},
		"is not in a BPF file system": {"detach", "--pin", t.TempDir()},
		"unknown command \"eth0\"":    {"run", "eth0"},
	} {
		out, err := cnf(args...)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: got %v, want %q; printed %q", args, err, want, out)
		}
	}
}

func TestVariablesAreChecked(t *testing.T) {
	t.Setenv("CNF_MAX_FLOWS", "many")
	if _, err := cnf("run", "--check"); err == nil || !strings.Contains(err.Error(), "CNF_MAX_FLOWS") {
		t.Errorf("got %v", err)
	}
}

func TestFlowsAsksTheRunningProcess(t *testing.T) {
	list := []flows.Flow{{Protocol: flows.UDP, Packets: 3}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/flows" {
			http.NotFound(w, r)
			return
		}
		if err := flows.WriteJSON(w, list); err != nil {
			t.Error(err)
		}
	}))
	address := strings.TrimPrefix(server.URL, "http://")

	out, err := cnf("flows", "--address", address, "-o", "json")
	if err != nil {
		t.Fatal(err)
	}
	var got []flows.Flow
	if err := json.Unmarshal([]byte(out), &got); err != nil || !slices.Equal(got, list) {
		t.Errorf("got %q, %v", out, err)
	}
	if out, err := cnf("flows", "--address", address); err != nil || !strings.Contains(out, "udp") {
		t.Errorf("got %q, %v", out, err)
	}

	server.Close()
	if _, err := cnf("flows", "--address", address); err == nil || !strings.Contains(err.Error(), "--listen") {
		t.Errorf("without a process: got %v", err)
	}
}

func TestVersionNamesTheHook(t *testing.T) {
	release = "v1.2.3"
	t.Cleanup(func() { release = "" })
	if out, err := cnf("version"); err != nil || !strings.HasPrefix(out, "my-cnf v1.2.3 (netkit, go") {
		t.Errorf("got %q, %v", out, err)
	}
}

func TestDoctorPrintsATable(t *testing.T) {
	out, err := cnf("doctor", "--pin", t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "checks failed") {
		t.Errorf("a pin folder outside of a BPF file system passes: %v", err)
	}
	for _, want := range []string{"kernel", "BTF", "capabilities", "FAIL", "bpffs", "-> "} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
}
