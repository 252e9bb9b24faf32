// SPDX-License-Identifier: Apache-2.0
// proof: misbehaves
// shown-by: TestDeleteWhileIterating
// message: iteration aborted

// Package deletewhileiterating pulls the rug from under its own iterator.
package deletewhileiterating

import "github.com/cilium/ebpf"

// Expire is wrong.
func Expire(table *ebpf.Map, oldest uint64) error {
	var key uint32
	var lastSeen uint64
	entries := table.Iterate()
	for entries.Next(&key, &lastSeen) {
		if lastSeen >= oldest {
			continue
		}
		if err := table.Delete(key); err != nil {
			return err
		}
	}
	return entries.Err()
}
