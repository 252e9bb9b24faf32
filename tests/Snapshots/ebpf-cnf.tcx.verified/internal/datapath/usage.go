// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"context"
	"sync"
	"time"

	"example.com/my-cnf/internal/flows"
)

// Usage is how full the flow table was when it was last counted.
type Usage struct {
	Entries, Capacity, Evictions uint64
}

// usage keeps the last count. The kernel counts neither the entries nor the evictions of
// an LRU table: both come from walking it, which takes 0.2 µs per flow and therefore
// is not done on every scrape.
type usage struct {
	mu      sync.Mutex
	current Usage
}

const (
	countInterval = time.Second
	// countShare keeps the time spent counting a huge table below one percent.
	countShare = 100
	// longestPause is for a busy machine, where a count takes long for other reasons.
	longestPause = 10 * time.Second
	warnInterval = time.Minute
)

// pause is the time from a count that took so long to the next one.
func pause(took time.Duration) time.Duration {
	return min(max(countInterval, countShare*took), longestPause)
}

// Usage returns the last count.
func (d *Datapath) Usage() Usage {
	d.usage.mu.Lock()
	defer d.usage.mu.Unlock()
	usage := d.usage.current
	usage.Capacity = uint64(d.options.MaxFlows)
	return usage
}

// add takes a count. Flows that were inserted before the walk began and were not
// found by it have been evicted. The number never falls: flows that come
// during a walk hide evictions until the next one.
func (u *usage) add(insertedBefore, entries uint64) Usage {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.current.Entries = entries
	if insertedBefore > entries {
		u.current.Evictions = max(u.current.Evictions, insertedBefore-entries)
	}
	return u.current
}

func (d *Datapath) countUsage() (Usage, error) {
	counters, err := d.Counters()
	if err != nil {
		return Usage{}, err
	}
	var entries uint64
	err = flows.Read(d.objects.Flows, func(FlowKey, FlowStats) { entries++ })
	if err != nil {
		return Usage{}, err
	}
	return d.usage.add(counters.FlowsInserted, entries), nil
}

// watchUsage counts now and then, and says once a minute if flows were evicted.
func (d *Datapath) watchUsage(ctx context.Context) error {
	var warned time.Time
	var reported uint64
	for first := true; ; first = false {
		begun := time.Now()
		usage, err := d.countUsage()
		if err != nil {
			return err
		}
		if first {
			// Evictions of an earlier run are no news.
			reported = usage.Evictions
		}
		if evicted := usage.Evictions - reported; evicted > 0 && time.Since(warned) >= warnInterval {
			d.log.Warn("flow table is full and forgets flows: raise --max-flows", "evicted", evicted,
				"entries", usage.Entries, "max_flows", d.options.MaxFlows)
			warned, reported = time.Now(), usage.Evictions
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause(time.Since(begun))):
		}
	}
}
