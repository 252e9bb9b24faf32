// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/cilium/ebpf/ringbuf"

	"example.com/cnf-template/internal/flows"
)

// EventKind is what happened to a flow.
type EventKind string

const (
	FlowNew    EventKind = "new"
	FlowClosed EventKind = "closed"
)

// Event says that a flow was seen for the first time or that its connection ended.
type Event struct {
	Kind EventKind
	Time time.Time
	Flow flows.Flow
}

// readEvents hands on events until ctx ends. A reader that is too slow loses events, which the
// programs count; it never holds up packets.
func (d *Datapath) readEvents(ctx context.Context, onEvent func(Event)) error {
	reader, err := ringbuf.NewReader(d.objects.Events)
	if err != nil {
		return fmt.Errorf("open ring buffer: %w", err)
	}
	defer context.AfterFunc(ctx, func() { reader.Close() })()
	defer reader.Close()

	boot, err := bootTime()
	if err != nil {
		return err
	}
	var record ringbuf.Record
	for {
		err := reader.ReadInto(&record)
		if errors.Is(err, os.ErrClosed) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read ring buffer: %w", err)
		}
		event, err := decodeEvent(record.RawSample, boot, d.names)
		if err != nil {
			return err
		}
		onEvent(event)
	}
}

func decodeEvent(sample []byte, boot time.Time, names Names) (Event, error) {
	var raw FlowEvent
	if err := binary.Read(bytes.NewReader(sample), binary.NativeEndian, &raw); err != nil {
		return Event{}, fmt.Errorf("decode event of %d bytes: %w", len(sample), err)
	}
	kind := FlowNew
	if raw.Kind == uint32(bpfFlowEventKindFLOW_CLOSED) {
		kind = FlowClosed
	}
	return Event{
		Kind: kind,
		Time: boot.Add(time.Duration(raw.TimestampNs)),
		Flow: Decode(raw.Id, raw.Stats, boot, names),
	}, nil
}
