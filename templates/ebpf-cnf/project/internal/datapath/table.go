// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"

	"github.com/cilium/ebpf"

	"example.com/cnf-template/internal/flows"
)

// flowsPerSet is how many of the 16 places of a set are meant to be taken. Flows fall unevenly into the
// sets, and find no place when two neighbours are full. In a table with all the flows that it is made for that
// is so for one pair of sets in 100,000.
const flowsPerSet = 7

// SizeFlowTable sets the size of the flow table, before it is loaded. With 0 there is none.
func SizeFlowTable(spec *ebpf.CollectionSpec, maxFlows uint32) error {
	// Two sets are neighbours, so their number is even.
	sets := max(2*((maxFlows+2*flowsPerSet-1)/(2*flowsPerSet)), 2)
	spec.Maps[flowsMap].MaxEntries = sets
	for name, value := range map[string]any{"flow_sets": sets, "flows_enabled": maxFlows > 0} {
		if err := spec.Variables[name].Set(value); err != nil {
			return fmt.Errorf("set %s: %w", name, err)
		}
	}
	return nil
}

// ensureFlowSecret makes a secret for a new table. That of a table that is kept stays.
func ensureFlowSecret(m *ebpf.Map) error {
	var secret [2]uint64
	if err := m.Lookup(uint32(0), &secret); err != nil {
		return fmt.Errorf("read flow secret: %w", err)
	}
	if secret != [2]uint64{} {
		return nil
	}
	if err := binary.Read(rand.Reader, binary.NativeEndian, &secret); err != nil {
		return fmt.Errorf("make flow secret: %w", err)
	}
	if err := m.Put(uint32(0), &secret); err != nil {
		return fmt.Errorf("write flow secret: %w", err)
	}
	return nil
}

// ReadFlows calls visit for every flow in the table.
func ReadFlows(table flows.Table, visit func(FlowID, FlowStats)) error {
	return flows.Read(table, func(set *FlowSet) {
		for i, tag := range set.Tags {
			id, stats := set.Ids[i], set.Stats[i]
			// A CPU takes a place first, and says then what for.
			if tag < uint32(bpfFlowTagTAG_FIRST) || id.FirstSeenNs == 0 {
				continue
			}
			// The clocks of two CPUs may be a tick apart.
			stats.LastSeenNs = max(stats.LastSeenNs, id.FirstSeenNs)
			visit(id, stats)
		}
	})
}
