// SPDX-License-Identifier: Apache-2.0
// proof: misbehaves
// shown-by: TestEndlessRead
// message: still waiting for a second event

// Package endlessread reads a ring buffer as if it had an end.
package endlessread

import "github.com/cilium/ebpf/ringbuf"

// Events is wrong: Read waits for the next event, and there is none.
func Events(reader *ringbuf.Reader) (events [][]byte, err error) {
	for {
		record, err := reader.Read()
		if err != nil {
			return events, err
		}
		events = append(events, record.RawSample)
	}
}
