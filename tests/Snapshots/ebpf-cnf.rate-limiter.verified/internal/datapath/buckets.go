// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"fmt"
	"unsafe"

	"github.com/cilium/ebpf"

	"example.com/my-cnf/internal/jiffies"
)

const (
	bucketsMap      = "buckets"
	smallestBuckets = 1 << 8
	largestBuckets  = 1 << 24
)

// BucketUsage is how many buckets there are, how many of them are not full, and how many are empty: whoever
// has one of these is held back.
type BucketUsage struct {
	Capacity int `json:"capacity"`
	InUse    int `json:"in_use"`
	Empty    int `json:"empty"`
}

// readBuckets counts buckets, in memory that is shared with the programs.
func readBuckets(maps *bpfMaps) (BucketUsage, error) {
	usage := BucketUsage{Capacity: int(maps.Buckets.MaxEntries())}
	_, current, err := limitInForce(maps.Limits, maps.LimitInForce)
	if err != nil || current.Burst == 0 {
		return usage, err
	}
	now, _, err := jiffies.Now()
	if err != nil {
		return usage, err
	}
	clock := readClock(current, now)
	err = eachChunk(maps.Buckets, func(chunk []bpfBucket) (changed bool) {
		for i := range chunk {
			tokens := int64(clock - chunk[i].EmptyAt)
			if tokens < int64(current.Burst) {
				usage.InUse++
			}
			if tokens <= 0 {
				usage.Empty++
			}
		}
		return false
	})
	return usage, err
}

// clearBuckets makes all buckets full, as those of a new table are.
func clearBuckets(buckets *ebpf.Map) error {
	return eachChunk(buckets, func(chunk []bpfBucket) (changed bool) {
		clear(chunk)
		return true
	})
}

// eachChunk copies a part of the table at a time, and copies it back if fn has changed it.
func eachChunk(buckets *ebpf.Map, fn func([]bpfBucket) (changed bool)) error {
	memory, err := buckets.Memory()
	if err != nil {
		return fmt.Errorf("map buckets: %w", err)
	}
	chunk := make([]bpfBucket, min(buckets.MaxEntries(), 4096))
	size := len(chunk) * int(unsafe.Sizeof(chunk[0]))
	raw := unsafe.Slice((*byte)(unsafe.Pointer(&chunk[0])), size)
	for offset := 0; offset < int(memory.Size()); offset += size {
		if _, err := memory.ReadAt(raw, int64(offset)); err != nil {
			return fmt.Errorf("read buckets: %w", err)
		}
		if !fn(chunk) {
			continue
		}
		if _, err := memory.WriteAt(raw, int64(offset)); err != nil {
			return fmt.Errorf("write buckets: %w", err)
		}
	}
	return nil
}
