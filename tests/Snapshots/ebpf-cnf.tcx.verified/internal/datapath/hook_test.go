// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"testing"

	"example.com/my-cnf/internal/netdev"
)

func TestHookOptionsValidate(t *testing.T) {
	eth0 := netdev.Options{Interfaces: []string{"eth0"}}
	for _, direction := range []string{"ingress", "egress", "both"} {
		for _, anchor := range []string{"head", "tail"} {
			if err := (&HookOptions{eth0, direction, anchor}).Validate(); err != nil {
				t.Errorf("%s, %s: %v", direction, anchor, err)
			}
		}
	}
	for name, options := range map[string]HookOptions{
		"no interface":      {netdev.Options{}, "both", "tail"},
		"unknown direction": {eth0, "forward", "tail"},
		"unknown anchor":    {eth0, "both", "middle"},
	} {
		if err := options.Validate(); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

func TestProgramsFitTheDeviceAndTheDirection(t *testing.T) {
	h := &tcxHook{
		ethernet: []tcProgram{{name: "in"}, {name: "out"}},
		l3:       []tcProgram{{name: "in_l3"}, {name: "out_l3"}},
	}
	for _, test := range []struct {
		direction string
		ethernet  bool
		want      []string
	}{
		{"both", true, []string{"in", "out"}},
		{"ingress", true, []string{"in"}},
		{"egress", false, []string{"out_l3"}},
		{"both", false, []string{"in_l3", "out_l3"}},
	} {
		h.direction = test.direction
		got := h.programs(netdev.Device{Ethernet: test.ethernet})
		if len(got) != len(test.want) {
			t.Fatalf("%+v: got %+v", test, got)
		}
		for i, program := range got {
			if program.name != test.want[i] {
				t.Errorf("%+v: got %+v", test, got)
			}
		}
	}
}
