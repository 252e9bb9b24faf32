// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"net"
	"testing"
)

func TestFilterNameRoundTrip(t *testing.T) {
	for _, name := range []filterName{
		{"0123456789abcdef", "ingress", false},
		{"pin-0123456789abcdef", "egress_l3", true},
	} {
		got, ok := parseFilterName(name.String())
		if !ok || got != name {
			t.Errorf("%q parses as %+v, %v", name, got, ok)
		}
	}
}

func TestFilterNamesOfOthersAreLeftAlone(t *testing.T) {
	for _, text := range []string{"", "my-cnf", "other/1/ingress", "my-cnf/1", "bpf.o:[tc]", "my-cnf/1/2/3/4"} {
		if name, ok := parseFilterName(text); ok {
			t.Errorf("%q is taken for %+v", text, name)
		}
	}
}

func TestInstanceIsDeadWhenItsSocketIs(t *testing.T) {
	name := filterName{instance: "unit-test", program: "ingress"}
	listener, err := net.Listen("unix", presenceAddress(name.instance))
	if err != nil {
		t.Fatal(err)
	}
	if name.dead() {
		t.Error("an instance with a socket is dead")
	}
	listener.Close()
	if !name.dead() {
		t.Error("an instance without a socket lives")
	}
}

func TestPinnedInstancesLiveOn(t *testing.T) {
	instance := pinnedInstance(&pinFolder{path: "/sys/fs/bpf/a"})
	if instance == pinnedInstance(&pinFolder{path: "/sys/fs/bpf/b"}) {
		t.Error("two folders share an instance")
	}
	if (filterName{instance: instance}).dead() {
		t.Error("a pinned instance is dead")
	}
}
