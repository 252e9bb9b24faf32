// SPDX-License-Identifier: Apache-2.0

package privilege

import (
	"slices"
	"testing"
)

func TestMissing(t *testing.T) {
	all := []Capability{BPF, NetAdmin, Perfmon}
	for name, test := range map[string]struct {
		have Set
		want []Capability
	}{
		"nothing":                       {0, all},
		"everything":                    {1<<BPF | 1<<NetAdmin | 1<<Perfmon, nil},
		"no net admin":                  {1<<BPF | 1<<Perfmon, []Capability{NetAdmin}},
		"sys admin is no net admin":     {1 << SysAdmin, []Capability{NetAdmin}},
		"net admin stands for no other": {1 << NetAdmin, []Capability{BPF, Perfmon}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := test.have.Missing(all); !slices.Equal(got, test.want) {
				t.Errorf("missing %v, want %v", got, test.want)
			}
		})
	}
}

func TestJoin(t *testing.T) {
	for want, list := range map[string][]Capability{
		"":                                       nil,
		"CAP_BPF":                                {BPF},
		"CAP_BPF and CAP_NET_ADMIN":              {BPF, NetAdmin},
		"CAP_BPF, CAP_PERFMON and CAP_SYS_ADMIN": {BPF, Perfmon, SysAdmin},
	} {
		if got := Join(list); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got, want := Setcap([]Capability{BPF, NetAdmin}), "cap_bpf,cap_net_admin+ep"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestEffectiveReadsThisProcess(t *testing.T) {
	if _, err := Effective(); err != nil {
		t.Fatal(err)
	}
}
