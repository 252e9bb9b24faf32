// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"os"

	"github.com/cilium/ebpf/ringbuf"
)

// GuardedPort is a port that is guarded, and how many packets to it were dropped.
type GuardedPort struct {
	Port    uint16
	Dropped uint64
}

// guard tells the programs which ports to guard. It is called before they are attached, so that no
// packet passes meanwhile.
func (d *Datapath) guard(ports []uint) error {
	for _, port := range ports {
		// Swapping is its own inverse.
		if err := d.objects.GuardedPorts.Put(hostOrder(uint16(port)), uint64(0)); err != nil {
			return fmt.Errorf("guard port %d: %w", port, err)
		}
	}
	return nil
}

// GuardedPorts reads the map of guarded ports.
func (d *Datapath) GuardedPorts() ([]GuardedPort, error) {
	var (
		ports   []GuardedPort
		key     uint16
		dropped uint64
	)
	entries := d.objects.GuardedPorts.Iterate()
	for entries.Next(&key, &dropped) {
		ports = append(ports, GuardedPort{Port: hostOrder(key), Dropped: dropped})
	}
	if err := entries.Err(); err != nil {
		return nil, fmt.Errorf("read guarded ports: %w", err)
	}
	return ports, nil
}

// readGuardEvents logs the first packet to each guarded port until ctx ends.
func (d *Datapath) readGuardEvents(ctx context.Context) error {
	reader, err := ringbuf.NewReader(d.objects.GuardEvents)
	if err != nil {
		return fmt.Errorf("open ring buffer of guard events: %w", err)
	}
	defer context.AfterFunc(ctx, func() { reader.Close() })()
	defer reader.Close()

	var record ringbuf.Record
	for {
		err := reader.ReadInto(&record)
		if errors.Is(err, os.ErrClosed) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read ring buffer of guard events: %w", err)
		}
		var event bpfGuardEvent
		if err := binary.Read(bytes.NewReader(record.RawSample), binary.NativeEndian, &event); err != nil {
			return fmt.Errorf("decode guard event: %w", err)
		}
		d.log.Info("guarded port", "port", hostOrder(event.Key.Dport),
			"source", netip.AddrFrom16(event.Key.Saddr.In6U.U6Addr8).Unmap())
	}
}
