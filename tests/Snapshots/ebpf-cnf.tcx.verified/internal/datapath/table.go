// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"os"
	"time"
	"unsafe"

	"github.com/cilium/ebpf"

	"example.com/my-cnf/internal/jiffies"
)

const (
	flowsMap       = "flows"
	flowDetailsMap = "flow_details"
)

// SizeFlowTable sets the size of the flow table, before it is loaded. With 0 flows there is none.
func SizeFlowTable(spec *ebpf.CollectionSpec, maxFlows uint32) error {
	secret, err := bootSecret()
	if err != nil {
		return err
	}
	places := flowPlaces(maxFlows)
	spec.Maps[flowsMap].MaxEntries, spec.Maps[flowDetailsMap].MaxEntries = places, places
	for name, value := range map[string]any{"flow_mask": uint64(places - 1), "flow_secret": secret, "flows_enabled": maxFlows > 0} {
		if err := spec.Variables[name].Set(value); err != nil {
			return fmt.Errorf("set %s: %w", name, err)
		}
	}
	return nil
}

// flowPlaces is at least two for each flow, and a power of two. The kernel reserves as much for an array of
// programs without CAP_PERFMON in any case.
func flowPlaces(maxFlows uint32) uint32 {
	const fewest = 32
	return 1 << bits.Len32(max(2*maxFlows, fewest)-1)
}

// bootSecret stays the same until the machine boots, as pinned tables do, and nobody on the network knows it.
func bootSecret() (secret [2]uint64, err error) {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return secret, fmt.Errorf("read boot ID: %w", err)
	}
	hash := sha256.Sum256(id)
	secret[0], secret[1] = binary.NativeEndian.Uint64(hash[:]), binary.NativeEndian.Uint64(hash[8:])
	return secret, nil
}

// ReadFlows calls visit for every flow in the table. The table's memory is mapped into that of the process, so
// it takes no system call for each.
func ReadFlows(table, details *ebpf.Map, visit func(FlowKey, FlowStats)) error {
	tableMemory, err := table.Memory()
	if err != nil {
		return fmt.Errorf("map flow table into memory: %w", err)
	}
	detailsMemory, err := details.Memory()
	if err != nil {
		return fmt.Errorf("map flow details into memory: %w", err)
	}
	clock, err := readTableClock()
	if err != nil {
		return err
	}
	return readFlowMemory(tableMemory, detailsMemory, int(table.MaxEntries()), clock, visit)
}

// readFlowMemory copies many entries at once, and details only of those that are in use.
func readFlowMemory(table, details io.ReaderAt, places int, clock tableClock, visit func(FlowKey, FlowStats)) error {
	entries, rest := make([]FlowEntry, min(places, 1024)), make([]FlowDetail, 1)
	for first := 0; first < places; first += len(entries) {
		if err := readMemory(table, first, entries); err != nil {
			return fmt.Errorf("read flow table: %w", err)
		}
		for i := range entries {
			if entries[i].Tag < uint32(bpfReservedTagTAG_FIRST) {
				continue
			}
			if err := readMemory(details, first+i, rest); err != nil {
				return fmt.Errorf("read flow details: %w", err)
			}
			// A CPU takes the place first, and says then what for.
			if rest[0].FirstSeenNs != 0 {
				visit(rest[0].Key, statsOf(&entries[i], &rest[0], clock))
			}
		}
	}
	return nil
}

// readMemory fills values with an array's entries from an index on.
func readMemory[V any](memory io.ReaderAt, index int, values []V) error {
	size := int(unsafe.Sizeof(values[0]))
	raw := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(values))), len(values)*size)
	if _, err := memory.ReadAt(raw, int64(index)*int64(size)); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

func statsOf(entry *FlowEntry, details *FlowDetail, clock tableClock) FlowStats {
	return FlowStats{
		Packets:     entry.Packets + details.OthersPackets,
		Bytes:       entry.Bytes + details.OthersBytes,
		FirstSeenNs: details.FirstSeenNs,
		// A jiffy has begun before what happens in it.
		LastSeenNs: max(clock.nanoseconds(entry.LastSeen), details.FirstSeenNs),
		Closed:     uint32(entry.Closed),
		TcpFlags:   uint32(entry.TcpFlags),
	}
}

// tableClock tells the jiffies of the flow table as CLOCK_MONOTONIC, from a time at which both were read.
type tableClock struct {
	jiffies   uint64
	jiffy     time.Duration
	monotonic time.Duration
}

func readTableClock() (clock tableClock, err error) {
	if clock.jiffies, clock.jiffy, err = jiffies.Now(); err != nil {
		return tableClock{}, err
	}
	clock.monotonic, err = monotonic()
	return clock, err
}

// nanoseconds are not later than the clock was read.
func (c tableClock) nanoseconds(jiffies uint64) uint64 {
	ago := time.Duration(max(0, int64(c.jiffies-jiffies))) * c.jiffy
	return uint64(max(0, c.monotonic-ago))
}
