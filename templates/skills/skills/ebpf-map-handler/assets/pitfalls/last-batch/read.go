// SPDX-License-Identifier: Apache-2.0
// proof: misbehaves
// shown-by: TestLastBatch
// message: read 0 of 10 entries

// Package lastbatch throws the last batch away.
package lastbatch

import (
	"errors"

	"github.com/cilium/ebpf"
)

// Read is wrong.
func Read(table *ebpf.Map, visit func(key uint32, value uint64)) error {
	var cursor ebpf.MapBatchCursor
	keys, values := make([]uint32, 4096), make([]uint64, 4096)
	for {
		n, err := table.BatchLookup(&cursor, keys, values, nil)
		if errors.Is(err, ebpf.ErrKeyNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		for i := range n {
			visit(keys[i], values[i])
		}
	}
}
