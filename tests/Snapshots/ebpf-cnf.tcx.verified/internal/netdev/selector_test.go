// SPDX-License-Identifier: Apache-2.0

package netdev

import "testing"

func TestSelector(t *testing.T) {
	for name, test := range map[string]struct {
		options Options
		yes, no []string
	}{
		"exact name": {
			Options{Interfaces: []string{"eth0"}},
			[]string{"eth0"}, []string{"eth01", "veth0", "lo"},
		},
		"pattern leaves lo out": {
			Options{Interfaces: []string{"/.*/"}},
			[]string{"eth0", "wg0"}, []string{"lo"},
		},
		"lo by name": {
			Options{Interfaces: []string{"lo", "/^eth/"}},
			[]string{"lo", "eth0"}, []string{"wg0"},
		},
		"exclusion wins": {
			Options{Interfaces: []string{"/^eth/"}, Exclude: []string{"eth1", "/2$/"}},
			[]string{"eth0"}, []string{"eth1", "eth2", "eth12"},
		},
		"pattern is not anchored": {
			Options{Interfaces: []string{"/eth/"}},
			[]string{"eth0", "veth0"}, []string{"wlan0"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := newSelector(test.options)
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range test.yes {
				if !s.match(name) {
					t.Errorf("%s is not selected", name)
				}
			}
			for _, name := range test.no {
				if s.match(name) {
					t.Errorf("%s is selected", name)
				}
			}
		})
	}
}

func TestValidateRefuses(t *testing.T) {
	for name, options := range map[string]Options{
		"empty name":           {Interfaces: []string{""}},
		"empty pattern":        {Interfaces: []string{"//"}},
		"open pattern":         {Interfaces: []string{"/eth"}},
		"broken pattern":       {Interfaces: []string{"/(/"}},
		"long name":            {Interfaces: []string{"sixteen-letters0"}},
		"space":                {Interfaces: []string{"eth 0"}},
		"exact and excluded":   {Interfaces: []string{"eth0"}, Exclude: []string{"/^eth/"}},
		"broken exclusion":     {Interfaces: []string{"eth0"}, Exclude: []string{"/[/"}},
		"pattern without open": {Interfaces: []string{"eth/"}},
	} {
		if err := options.Validate(); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

func TestRequireAsksForAnInterface(t *testing.T) {
	if err := new(Options).Validate(); err != nil {
		t.Errorf("no interface is refused by Validate: %v", err)
	}
	if err := new(Options).Require(); err == nil {
		t.Error("no interface is accepted")
	}
}
