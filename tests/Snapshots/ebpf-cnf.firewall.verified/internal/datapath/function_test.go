// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/cilium/ebpf/btf"
	"github.com/spf13/pflag"

	"example.com/my-cnf/internal/firewall"
)

// Package firewall writes what the programs read, so the two must agree on every field.
func TestTablesAreLaidOutAsTheProgramsReadThem(t *testing.T) {
	spec, err := Spec()
	if err != nil {
		t.Fatal(err)
	}
	for name, mirror := range map[string]any{
		"policy": firewall.Header{}, "prefix_step": firewall.Step{}, "prefix_cell": firewall.Cell{},
		"address_space": firewall.Space{}, "rule_set": firewall.Set{},
	} {
		var layout *btf.Struct
		if err := spec.Types.TypeByName(name, &layout); err != nil {
			t.Fatal(err)
		}
		typ := reflect.TypeOf(mirror)
		if int(layout.Size) != int(typ.Size()) || len(layout.Members) != typ.NumField() {
			t.Fatalf("struct %s has %d bytes and %d members, its mirror %d and %d", name, layout.Size, len(layout.Members), typ.Size(), typ.NumField())
		}
		for i, member := range layout.Members {
			field := typ.Field(i)
			if int(member.Offset.Bytes()) != int(field.Offset) {
				t.Errorf("%s.%s is at %d, %s at %d", name, member.Name, member.Offset.Bytes(), field.Name, field.Offset)
			}
			if plain := strings.ReplaceAll(member.Name, "_", ""); field.Name != "_" && !strings.EqualFold(plain, alias(field.Name)) {
				t.Errorf("%s.%s has the place of %s", name, field.Name, member.Name)
			}
		}
	}
}

// alias is what the programs call a field.
func alias(field string) string { return strings.Replace(field, "Destination", "Dest", 1) }

// A map that is smaller than what is written to it would be a crash.
func TestArraysHaveRoomForTwoPolicies(t *testing.T) {
	spec, err := Spec()
	if err != nil {
		t.Fatal(err)
	}
	for name, size := range firewall.HalfSizes() {
		if m := spec.Maps[name]; int(m.MaxEntries*m.ValueSize) != 2*size {
			t.Errorf("%s has %d bytes, want %d", name, m.MaxEntries*m.ValueSize, 2*size)
		}
	}
	if got := spec.Maps["hits"].MaxEntries; got != firewall.SlotCount {
		t.Errorf("hits has %d slots, want %d", got, firewall.SlotCount)
	}
}

func TestFunctionOptionsAreChecked(t *testing.T) {
	rules := filepath.Join(t.TempDir(), "rules.yaml")
	if err := os.WriteFile(rules, []byte("default: deny\nrules:\n  - action: perhaps\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{
		"--max-connections 0":          {"--max-connections", "0"},
		"--sample-drops 1000":          {"--sample-drops", "1000"},
		"no such file":                 {"--rules", rules + "x"},
		"rules.yaml:3: \"perhaps\" is": {"--rules", rules},
	} {
		var options FunctionOptions
		flags := pflag.NewFlagSet("run", pflag.ContinueOnError)
		options.AddFlags(flags)
		if err := flags.Parse(args); err != nil {
			t.Fatal(err)
		}
		if err := options.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: got %v, want %q", args, err, want)
		}
	}
}
