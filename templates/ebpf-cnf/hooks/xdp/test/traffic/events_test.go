// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
)

// More new flows than the reader of events can keep up with must not keep the process from ending.
func TestStopsWhileEventsFlood(t *testing.T) {
	b, pin := place(t), bpffs(t)
	p := b.start(t, "--pin", pin, "--events", "--max-flows", "1024")
	flood := newGenerator(t, b, pinnedProgram(t, pin), costFrame(), 1<<20)
	var stopped atomic.Bool
	var running sync.WaitGroup
	running.Go(func() {
		for !stopped.Load() {
			flood.run(t, 1<<16)
		}
	})
	defer running.Wait()
	defer stopped.Store(true)
	eventually(t, func() error {
		if p.metrics()["cnf_events_lost_total"] == 0 {
			return errors.New("the reader keeps up")
		}
		return nil
	})
	p.stop()
}
