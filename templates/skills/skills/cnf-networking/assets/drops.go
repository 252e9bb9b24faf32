// SPDX-License-Identifier: Apache-2.0

package network

import (
	"fmt"
	"strings"

	"github.com/cilium/ebpf/btf"
)

// dropReasons returns the running kernel's names of its drop reasons: the numbers change from release to
// release.
func dropReasons() (map[uint32]string, error) {
	kernel, err := btf.LoadKernelSpec()
	if err != nil {
		return nil, fmt.Errorf("read the kernel's types: %w", err)
	}
	var reasons *btf.Enum
	if err := kernel.TypeByName("skb_drop_reason", &reasons); err != nil {
		return nil, fmt.Errorf("find drop reasons: %w", err)
	}
	names := make(map[uint32]string, len(reasons.Values))
	for _, reason := range reasons.Values {
		names[uint32(reason.Value)] = strings.TrimPrefix(reason.Name, "SKB_DROP_REASON_")
	}
	return names, nil
}

// readDrops returns what was dropped, by interface index and name of the reason.
func readDrops(objects *dropsObjects) (map[uint32]map[string]uint64, error) {
	names, err := dropReasons()
	if err != nil {
		return nil, err
	}
	var (
		key   dropsDrop
		count uint64
		drops = map[uint32]map[string]uint64{}
	)
	entries := objects.Drops.Iterate()
	for entries.Next(&key, &count) {
		name, ok := names[key.Reason]
		if !ok {
			// Reasons of subsystems have numbers of their own, from 65536 on.
			name = fmt.Sprint(key.Reason)
		}
		if drops[key.Ifindex] == nil {
			drops[key.Ifindex] = map[string]uint64{}
		}
		drops[key.Ifindex][name] = count
	}
	return drops, entries.Err()
}
