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

	"example.com/my-cnf/internal/flows"
)

// EventKind is what happened to a flow or a packet.
type EventKind string

const (
	FlowNew    EventKind = "new"
	FlowClosed EventKind = "closed"
	// PacketDropped is a sample: functions do not report every packet that they drop.
	PacketDropped EventKind = "dropped"
)

var eventKinds = map[bpfFlowEventKind]EventKind{
	bpfFlowEventKindFLOW_NEW:       FlowNew,
	bpfFlowEventKindFLOW_CLOSED:    FlowClosed,
	bpfFlowEventKindPACKET_DROPPED: PacketDropped,
}

// Event says that a flow was seen for the first time, that its connection ended, or that a packet was dropped.
type Event struct {
	Kind EventKind
	Time time.Time
	// Flow is the packet alone, if it was dropped.
	Flow flows.Flow
	// Cause is why, in the words of the function.
	Cause string
	code  uint32
}

// explainer is implemented by functions that drop packets: explain puts the cause of a drop into words.
type explainer interface {
	explain(cause uint32) string
}

// eventInterval is how often the reader looks for events by itself: programs wake it only when there are many.
const eventInterval = 100 * time.Millisecond

// readEvents hands on events until ctx ends. A reader that is too slow loses events, which the
// programs count; it never holds up packets.
func (d *Datapath) readEvents(ctx context.Context, onEvent func(Event)) error {
	reader, err := ringbuf.NewReader(d.objects.Events)
	if err != nil {
		return fmt.Errorf("open ring buffer: %w", err)
	}
	defer reader.Close()
	// What is in the buffer is still read, but a flood of events must not keep the process.
	defer context.AfterFunc(ctx, func() {
		reader.Flush()
		time.AfterFunc(eventInterval, func() { reader.Close() })
	})()

	boot, err := bootTime()
	if err != nil {
		return err
	}
	reader.SetDeadline(time.Now().Add(eventInterval))
	var record ringbuf.Record
	for {
		err := reader.ReadInto(&record)
		if errors.Is(err, ringbuf.ErrFlushed) || errors.Is(err, os.ErrClosed) {
			return nil
		}
		if errors.Is(err, os.ErrDeadlineExceeded) {
			reader.SetDeadline(time.Now().Add(eventInterval))
			continue
		}
		if err != nil {
			return fmt.Errorf("read ring buffer: %w", err)
		}
		event, err := decodeEvent(record.RawSample, boot, d.names)
		if err != nil {
			return err
		}
		if e, ok := d.function.(explainer); ok && event.Kind == PacketDropped {
			event.Cause = e.explain(event.code)
		}
		onEvent(event)
	}
}

func decodeEvent(sample []byte, boot time.Time, names Names) (Event, error) {
	var raw FlowEvent
	if err := binary.Read(bytes.NewReader(sample), binary.NativeEndian, &raw); err != nil {
		return Event{}, fmt.Errorf("decode event of %d bytes: %w", len(sample), err)
	}
	return Event{
		Kind: eventKinds[bpfFlowEventKind(raw.Kind)],
		Time: boot.Add(time.Duration(raw.TimestampNs)),
		Flow: Decode(raw.Key, raw.Stats, boot, names),
		code: raw.Cause,
	}, nil
}
