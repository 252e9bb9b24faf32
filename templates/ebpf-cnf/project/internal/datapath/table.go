// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/bits"
	"os"

	"github.com/cilium/ebpf"

	"example.com/cnf-template/internal/flows"
)

// flowsPerSet is how many of the 16 places of a set are meant to be taken at most: bpf/lib/table.h tells why.
const flowsPerSet = 8

// SizeFlowTable sets the size of the flow table, before it is loaded. With 0 flows there is none.
func SizeFlowTable(spec *ebpf.CollectionSpec, maxFlows uint32) error {
	secret, err := bootSecret()
	if err != nil {
		return err
	}
	sets := flowSets(maxFlows)
	spec.Maps[flowsMap].MaxEntries = sets
	for name, value := range map[string]any{"flow_set_mask": uint64(sets - 1), "flow_secret": secret, "flows_enabled": maxFlows > 0} {
		if err := spec.Variables[name].Set(value); err != nil {
			return fmt.Errorf("set %s: %w", name, err)
		}
	}
	return nil
}

// flowSets is a power of two, as which the kernel reserves the memory of an array for programs without
// CAP_PERFMON in any case.
func flowSets(maxFlows uint32) uint32 {
	sets := (uint64(maxFlows) + flowsPerSet - 1) / flowsPerSet
	return 1 << bits.Len64(max(sets, 1)-1)
}

// bootSecret stays the same until the machine boots, as pinned tables do, and nobody on the network knows it.
func bootSecret() (secret [2]uint64, err error) {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return secret, fmt.Errorf("read boot ID: %w", err)
	}
	hash := sha256.Sum256(id)
	secret[0], secret[1] = binary.NativeEndian.Uint64(hash[:8]), binary.NativeEndian.Uint64(hash[8:])
	return secret, nil
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
			// A flow can be read before its first packet is counted.
			stats.LastSeenNs = max(stats.LastSeenNs, id.FirstSeenNs)
			visit(id, stats)
		}
	})
}
