// SPDX-License-Identifier: Apache-2.0
// proof: misbehaves
// shown-by: TestSmallBatch
// message: no space left on device

// Package smallbatch saves memory in the wrong place.
package smallbatch

import (
	"errors"

	"github.com/cilium/ebpf"
)

// Read is wrong.
func Read(table *ebpf.Map, visit func(key uint32, value uint64)) error {
	var cursor ebpf.MapBatchCursor
	keys, values := make([]uint32, 4), make([]uint64, 4)
	for {
		n, err := table.BatchLookup(&cursor, keys, values, nil)
		for i := range n {
			visit(keys[i], values[i])
		}
		if errors.Is(err, ebpf.ErrKeyNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
