// SPDX-License-Identifier: Apache-2.0

package bpfmaps

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/cilium/ebpf/ringbuf"

	"example.com/my-cnf/internal/testnet"
)

// What a full buffer holds and what was lost together are what was sent.
func TestReadSamples(t *testing.T) {
	const sent = 3000
	c := load(t, loadSamples)
	for range sent {
		run(t, c.Programs["take_sample"], frame("192.0.2.1"))
	}
	missed := losses{counter: c.Variables["lost"]}
	lost, err := missed.next()
	if err != nil {
		t.Fatal(err)
	}
	if lost == 0 || lost >= sent {
		t.Fatalf("lost %d of %d samples", lost, sent)
	}

	ctx, cancel := context.WithTimeout(t.Context(), testnet.Patience)
	defer cancel()
	received := uint64(0)
	err = readSamples(ctx, c.Maps["samples"], 10*time.Millisecond, func(sample samplesSample) {
		if sample.Length != 64 || sample.Ifindex == 0 {
			t.Errorf("sample %+v", sample)
		}
		if received++; received == sent-lost {
			cancel()
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if received != sent-lost {
		t.Errorf("received %d and lost %d of %d", received, lost, sent)
	}
	if again, err := missed.next(); err != nil || again != 0 {
		t.Errorf("lost %d more, %v", again, err)
	}
}

func TestNoWakeup(t *testing.T) {
	c := load(t, loadNoWakeup)
	reader, err := ringbuf.NewReader(c.Maps["samples"])
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	read := make(chan error)
	go func() {
		_, err := reader.Read()
		read <- err
	}()
	run(t, c.Programs["no_wakeup"], frame("192.0.2.1"))
	select {
	case err := <-read:
		t.Fatalf("the reader woke up: %v", err)
	case <-time.After(300 * time.Millisecond):
		t.Logf("the reader slept on with %d event in the buffer", reader.AvailableBytes()/16)
	}
	if err := reader.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := <-read; err != nil {
		t.Errorf("read after a flush: %v", err)
	}

	// What readSamples does: a deadline makes the reader look.
	if _, err := reader.Read(); !errors.Is(err, ringbuf.ErrFlushed) {
		t.Fatalf("got %v, want the end of the flush", err)
	}
	run(t, c.Programs["no_wakeup"], frame("192.0.2.1"))
	reader.SetDeadline(time.Now().Add(10 * time.Millisecond))
	if _, err := reader.Read(); err != nil {
		t.Errorf("read with a deadline: %v", err)
	}
	if _, err := reader.Read(); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("got %v, want the deadline", err)
	}
}
