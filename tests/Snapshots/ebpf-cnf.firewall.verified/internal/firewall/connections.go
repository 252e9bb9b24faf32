// SPDX-License-Identifier: Apache-2.0

package firewall

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"io"
	"math/bits"
	"os"
	"time"

	"github.com/cilium/ebpf"

	"example.com/my-cnf/internal/jiffies"
)

// The layout of bpf/function/connection.h.
const (
	bucketPlaces     = 8
	jiffiesShift     = 8
	stateExpiryShift = 5
	stateExpiryMask  = 0x7fffffff
)

// Timeouts of connections, by the name of their variables. The one of established TCP connections is what
// RFC 5382 asks for, a little more than two hours.
var timeouts = map[string]time.Duration{
	"timeout_tcp_opening":     30 * time.Second,
	"timeout_tcp_established": 124 * time.Minute,
	"timeout_tcp_closing":     2 * time.Minute,
	"timeout_tcp_reset":       10 * time.Second,
	"timeout_unreplied":       30 * time.Second,
	"timeout_replied":         3 * time.Minute,
}

// Buckets is how many buckets have room for so many connections.
func Buckets(connections uint32) uint32 {
	return 1 << bits.Len32((max(connections, bucketPlaces)-1)/bucketPlaces)
}

// Capacity is how many connections the buckets for so many have room for.
func Capacity(connections uint32) uint32 { return Buckets(connections) * bucketPlaces }

// ConfigureConnections sets the size of the table, and what programs need to know about the machine.
func ConfigureConnections(spec *ebpf.CollectionSpec, connections uint32) error {
	buckets := Buckets(connections)
	spec.Maps["connections"].MaxEntries = buckets
	spec.Maps["connection_keys"].MaxEntries = buckets * bucketPlaces
	jiffy, err := jiffies.Length()
	if err != nil {
		return err
	}
	seed, err := bootSeed()
	if err != nil {
		return err
	}
	values := map[string]any{"connection_bucket_mask": buckets - 1, "connection_seed": seed}
	for name, timeout := range timeouts {
		values[name] = uint32(timeout/jiffy) >> jiffiesShift
	}
	for name, value := range values {
		if err := spec.Variables[name].Set(value); err != nil {
			return fmt.Errorf("set %s: %w", name, err)
		}
	}
	return nil
}

// bootSeed is a number that is the same until the machine boots, as pinned connections are, and that nobody
// on the network knows.
func bootSeed() (uint64, error) {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return 0, fmt.Errorf("read boot ID: %w", err)
	}
	hash := fnv.New64a()
	hash.Write(id)
	return hash.Sum64(), nil
}

// CountConnections counts the connections that have not expired.
func CountConnections(table *ebpf.Map) (int, error) {
	memory, err := table.Memory()
	if err != nil {
		return 0, fmt.Errorf("map connections into memory: %w", err)
	}
	now, _, err := jiffies.Now()
	if err != nil {
		return 0, err
	}
	now = now >> jiffiesShift & stateExpiryMask
	count := 0
	chunk := make([]byte, 1<<16)
	reader := io.NewSectionReader(memory, 0, int64(memory.Size()))
	for {
		n, err := io.ReadFull(reader, chunk)
		for state := range slicesOf8(chunk[:n]) {
			if state>>stateExpiryShift&stateExpiryMask > now {
				count++
			}
		}
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return count, nil
		}
		if err != nil {
			return 0, fmt.Errorf("read connections: %w", err)
		}
	}
}

func slicesOf8(chunk []byte) func(yield func(uint64) bool) {
	return func(yield func(uint64) bool) {
		for ; len(chunk) >= 8; chunk = chunk[8:] {
			if !yield(binary.NativeEndian.Uint64(chunk)) {
				return
			}
		}
	}
}
