// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"os"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
)

func layoutsOf(t *testing.T, spec *ebpf.CollectionSpec) map[string]string {
	t.Helper()
	fingerprints, err := layouts(spec)
	if err != nil {
		t.Fatal(err)
	}
	return fingerprints
}

func TestLayoutIsTheSameForTheSameObject(t *testing.T) {
	_, one := testNames(t)
	_, other := testNames(t)
	a, b := layoutsOf(t, one), layoutsOf(t, other)
	for name := range pinnedMaps(&bpfMaps{}) {
		if a[name] == "" || a[name] != b[name] {
			t.Errorf("map %s: %q and %q", name, a[name], b[name])
		}
	}
}

func TestLayoutSeesFieldsThatChangePlaces(t *testing.T) {
	_, spec := testNames(t)
	before := layoutsOf(t, spec)
	value := btf.Copy(spec.Maps[flowsMap].Value).(*btf.Struct)
	value.Members[0].Name, value.Members[1].Name = value.Members[1].Name, value.Members[0].Name
	spec.Maps[flowsMap].Value = value
	if after := layoutsOf(t, spec); after[flowsMap] == before[flowsMap] {
		t.Error("the fingerprint is the same")
	}
}

func TestLayoutSeesReasonsThatChangePlaces(t *testing.T) {
	_, spec := testNames(t)
	before := layoutsOf(t, spec)
	var reason *btf.Enum
	if err := spec.Types.TypeByName("reason", &reason); err != nil {
		t.Fatal(err)
	}
	reason.Values[1].Name, reason.Values[2].Name = reason.Values[2].Name, reason.Values[1].Name
	after := layoutsOf(t, spec)
	if after["totals"] == before["totals"] {
		t.Error("the fingerprint of the totals is the same")
	}
	if after[flowsMap] != before[flowsMap] {
		t.Error("the flow table would be lost for nothing")
	}
}

func TestLayoutIsNoted(t *testing.T) {
	pins := &pinFolder{path: t.TempDir()}
	if err := os.Mkdir(pins.layouts(), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, fingerprint := range []string{"1", "2", "2"} {
		if err := pins.setLayout(flowsMap, fingerprint); err != nil {
			t.Fatal(err)
		}
	}
	if pins.hasLayout(flowsMap, "1") || !pins.hasLayout(flowsMap, "2") {
		t.Error("the wrong layout is noted")
	}
}
