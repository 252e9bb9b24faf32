// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"strings"
	"testing"

	"example.com/my-cnf/internal/netdev"
)

func TestHookOptionsValidate(t *testing.T) {
	for name, test := range map[string]struct {
		devices netdev.Options
		refused string
	}{
		"everything":         {devices: netdev.Options{}},
		"one interface":      {devices: netdev.Options{Interfaces: []string{"eth0"}}},
		"all but one":        {devices: netdev.Options{Interfaces: []string{"/.*/"}, Exclude: []string{"eth0"}}},
		"only an exclusion":  {netdev.Options{Exclude: []string{"eth0"}}, "--exclude needs --interface"},
		"impossible pattern": {netdev.Options{Interfaces: []string{"/(/"}}, "--interface"},
	} {
		t.Run(name, func(t *testing.T) {
			err := (&HookOptions{Devices: test.devices}).Validate()
			if test.refused == "" && err != nil {
				t.Error(err)
			}
			if test.refused != "" && (err == nil || !strings.Contains(err.Error(), test.refused)) {
				t.Errorf("got %v, want %s", err, test.refused)
			}
		})
	}
}

func TestConfigureFiltersOnlyWhenAsked(t *testing.T) {
	for _, interfaces := range [][]string{nil, {"eth0"}} {
		spec, err := Spec()
		if err != nil {
			t.Fatal(err)
		}
		if err := (&HookOptions{Devices: netdev.Options{Interfaces: interfaces}}).configure(spec); err != nil {
			t.Fatal(err)
		}
		var filter bool
		if err := spec.Variables["filter_interfaces"].Get(&filter); err != nil {
			t.Fatal(err)
		}
		if filter != (interfaces != nil) {
			t.Errorf("interfaces %v: filter %v", interfaces, filter)
		}
		var cookie uint64
		if err := spec.Variables["netns_cookie"].Get(&cookie); err != nil {
			t.Fatal(err)
		}
		if cookie == 0 {
			t.Error("all network namespaces are watched")
		}
	}
}

func TestEveryTracepointHasItsPrograms(t *testing.T) {
	spec, err := Spec()
	if err != nil {
		t.Fatal(err)
	}
	tracepoints := (&tracepointHook{objects: &bpfObjects{}}).tracepoints()
	for _, point := range tracepoints {
		program, ok := spec.Programs[point.name]
		if !ok {
			t.Errorf("no program for %s", point.name)
			continue
		}
		if program.AttachTo != point.name {
			t.Errorf("program %s is written for %s", point.name, program.AttachTo)
		}
	}
	if table := spec.Maps["programs"]; int(table.MaxEntries) < len(tracepoints) {
		t.Errorf("the program table has room for %d", table.MaxEntries)
	}
}
