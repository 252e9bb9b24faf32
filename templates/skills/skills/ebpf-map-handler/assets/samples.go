// SPDX-License-Identifier: Apache-2.0

package bpfmaps

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/ringbuf"
)

// readSamples hands on samples until ctx ends. The programs wake it up when the buffer
// fills; what lies there otherwise is fetched at intervals.
func readSamples(ctx context.Context, buffer *ebpf.Map, interval time.Duration, handle func(samplesSample)) error {
	reader, err := ringbuf.NewReader(buffer)
	if err != nil {
		return fmt.Errorf("open ring buffer: %w", err)
	}
	defer context.AfterFunc(ctx, func() { reader.Close() })()
	defer reader.Close()

	var record ringbuf.Record
	reader.SetDeadline(time.Now().Add(interval))
	for {
		switch err := reader.ReadInto(&record); {
		case errors.Is(err, os.ErrClosed):
			return nil
		case errors.Is(err, os.ErrDeadlineExceeded):
			// Only now the buffer is empty: the reader looks again before it says so.
			reader.SetDeadline(time.Now().Add(interval))
		case err != nil:
			return fmt.Errorf("read ring buffer: %w", err)
		default:
			sample, err := decodeSample(record.RawSample)
			if err != nil {
				return err
			}
			handle(sample)
		}
	}
}

func decodeSample(raw []byte) (sample samplesSample, err error) {
	if err := binary.Read(bytes.NewReader(raw), binary.NativeEndian, &sample); err != nil {
		return sample, fmt.Errorf("decode sample of %d bytes: %w", len(raw), err)
	}
	return sample, nil
}

// losses tells what a reader missed since the last call: the programs' counter only grows.
type losses struct {
	counter *ebpf.Variable
	seen    uint64
}

func (l *losses) next() (uint64, error) {
	var total uint64
	if err := l.counter.Get(&total); err != nil {
		return 0, fmt.Errorf("read lost samples: %w", err)
	}
	lost := total - l.seen
	l.seen = total
	return lost, nil
}
