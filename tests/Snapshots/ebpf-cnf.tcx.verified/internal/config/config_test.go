// SPDX-License-Identifier: Apache-2.0

package config

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

type options struct {
	interfaces []string
	maxFlows   uint32
	listen     string
	events     bool
}

func newFlags() (*options, *pflag.FlagSet) {
	o := &options{}
	flags := pflag.NewFlagSet("run", pflag.ContinueOnError)
	flags.StringArrayVar(&o.interfaces, "interface", nil, "")
	flags.Uint32Var(&o.maxFlows, "max-flows", 65536, "")
	flags.StringVar(&o.listen, "listen", "127.0.0.1:9464", "")
	flags.BoolVar(&o.events, "events", false, "")
	flags.String("config", "", "")
	return o, flags
}

func write(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func environment(variables map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		value, ok := variables[name]
		return value, ok
	}
}

func TestPrecedence(t *testing.T) {
	o, flags := newFlags()
	if err := flags.Parse([]string{"--max-flows", "1"}); err != nil {
		t.Fatal(err)
	}
	file := write(t, "# settings\nmax-flows: 3\nlisten: ':3'\nevents: true\ninterface:\n  - eth0\n  - /^wg/\n")
	variables := environment(map[string]string{"CNF_MAX_FLOWS": "2", "CNF_LISTEN": ":2", "CNF_OTHER": "x"})
	if err := Apply(flags, Take(flags), file, variables); err != nil {
		t.Fatal(err)
	}
	if o.maxFlows != 1 || o.listen != ":2" || !o.events || !slices.Equal(o.interfaces, []string{"eth0", "/^wg/"}) {
		t.Errorf("got %+v", o)
	}
}

func TestListsFromTheEnvironment(t *testing.T) {
	o, flags := newFlags()
	if err := Apply(flags, Given{}, "", environment(map[string]string{"CNF_INTERFACE": "eth0 /^(a|b){1,2}$/"})); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(o.interfaces, []string{"eth0", "/^(a|b){1,2}$/"}) {
		t.Errorf("got %q", o.interfaces)
	}
}

func TestEmptyFilesAreFine(t *testing.T) {
	for _, content := range []string{"", "# nothing\n", "---\n"} {
		_, flags := newFlags()
		if err := Apply(flags, Given{}, write(t, content), environment(nil)); err != nil {
			t.Errorf("%q: %v", content, err)
		}
	}
}

func TestErrorsNameThePlace(t *testing.T) {
	for content, want := range map[string]string{
		"listen: ':1'\nmax-flow: 1\n":     "config.yaml:2: unknown key max-flow",
		"max-flows: many\n":               "config.yaml:1: max-flows: ",
		"\nmax-flows: [1, 2]\n":           "config.yaml:2: max-flows: want one value",
		"max-flows:\n":                    "the value is missing",
		"interface:\n  eth0:\n    a: b\n": "want a value or a list",
		"events: true\nevents: false\n":   "already defined",
		"config: other.yaml\n":            "unknown key config",
		"- eth0\n":                        "want keys and values",
		"listen: [\n":                     "parse ",
	} {
		_, flags := newFlags()
		err := Apply(flags, Given{}, write(t, content), environment(nil))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", content, err, want)
		}
	}
	_, flags := newFlags()
	if err := Apply(flags, Given{}, "", environment(map[string]string{"CNF_EVENTS": "perhaps"})); err == nil || !strings.Contains(err.Error(), "CNF_EVENTS") {
		t.Errorf("got %v", err)
	}
	if err := Apply(flags, Given{}, "/no/such/file", environment(nil)); err == nil {
		t.Error("a missing file is accepted")
	}
}

func TestReplayAndDifferences(t *testing.T) {
	_, flags := newFlags()
	if err := flags.Parse([]string{"--interface", "eth0", "--interface", "eth1", "--max-flows=7"}); err != nil {
		t.Fatal(err)
	}
	again, fresh := newFlags()
	if err := Take(flags).Replay(fresh); err != nil {
		t.Fatal(err)
	}
	if again.maxFlows != 7 || !slices.Equal(again.interfaces, []string{"eth0", "eth1"}) {
		t.Errorf("got %+v", again)
	}
	if names := Differences(flags, fresh); len(names) != 0 {
		t.Errorf("%q differ", names)
	}
	again.listen = ":1"
	if names := Differences(flags, fresh); !slices.Equal(names, []string{"listen"}) {
		t.Errorf("%q differ", names)
	}
}
