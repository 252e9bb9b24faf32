// SPDX-License-Identifier: Apache-2.0

package bpfmaps

import (
	"errors"
	"fmt"

	"github.com/cilium/ebpf"
)

// expire deletes the entries that are over. It first reads the whole table: an iterator
// whose key is deleted begins again.
func expire[K, V any](table *ebpf.Map, over func(V) bool) error {
	var keys []K
	err := readAll(table, func(key K, value V) {
		if over(value) {
			keys = append(keys, key)
		}
	})
	if err != nil {
		return err
	}
	return remove(table, keys)
}

// remove deletes keys. The kernel stops at one that is not there any more, evicted or
// deleted by a program; the others are still to be deleted.
func remove[K any](table *ebpf.Map, keys []K) error {
	for len(keys) > 0 {
		deleted, err := table.BatchDelete(keys, nil)
		if err == nil {
			return nil
		}
		if !errors.Is(err, ebpf.ErrKeyNotExist) {
			return fmt.Errorf("delete entries: %w", err)
		}
		keys = keys[deleted+1:]
	}
	return nil
}
