// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"fmt"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
)

// The types that the BPF programs and this package share, as bpf2go reads them from the
// object.
type (
	FlowKey    = bpfFlowKey
	FlowStats  = bpfFlowStats
	FlowEntry  = bpfFlow
	FlowDetail = bpfFlowDetail
	FlowEvent  = bpfFlowEvent
	Total      = bpfTotal
)

// Spec returns the programs and maps as they were compiled.
func Spec() (*ebpf.CollectionSpec, error) {
	spec, err := loadBpf()
	if err != nil {
		return nil, fmt.Errorf("read BPF object: %w", err)
	}
	return spec, nil
}

// Names are what the numbers in keys and indexes mean. They come from the object's type
// information, so a reason that is added in C needs no change here.
type Names struct {
	Directions, Verdicts, Reasons []string
}

// NamesOf reads the enums of an object.
func NamesOf(spec *ebpf.CollectionSpec) (Names, error) {
	var names Names
	for enum, list := range map[string]*[]string{
		"direction": &names.Directions,
		"verdict":   &names.Verdicts,
		"reason":    &names.Reasons,
	} {
		var err error
		if *list, err = enumNames(spec.Types, enum); err != nil {
			return Names{}, err
		}
	}
	return names, nil
}

// enumNames turns REASON_NOT_IP of enum reason into not_ip. The last value of
// each enum, REASON_COUNT, is how many there are and no name.
func enumNames(types *btf.Spec, name string) ([]string, error) {
	var enum *btf.Enum
	if err := types.TypeByName(name, &enum); err != nil {
		return nil, fmt.Errorf("find enum %s: %w", name, err)
	}
	prefix := strings.ToUpper(name) + "_"
	names := make([]string, 0, len(enum.Values))
	for i, value := range enum.Values {
		if value.Value != uint64(i) {
			return nil, fmt.Errorf("read enum %s: %s is %d, want %d", name, value.Name, value.Value, i)
		}
		names = append(names, strings.ToLower(strings.TrimPrefix(value.Name, prefix)))
	}
	if len(names) < 2 || names[len(names)-1] != "count" {
		return nil, fmt.Errorf("read enum %s: its last value is not %sCOUNT", name, prefix)
	}
	return names[:len(names)-1], nil
}
