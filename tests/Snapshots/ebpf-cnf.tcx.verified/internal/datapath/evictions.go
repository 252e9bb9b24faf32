// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"context"
	"time"
)

// Capacity is the number of flows that the table is made for.
func (d *Datapath) Capacity() uint32 { return d.options.MaxFlows }

// Entries is the number of flows in the table. It never falls below 0, although the CPUs go on counting while
// they are read.
func (c Counters) Entries() uint64 {
	return c.FlowsInserted - min(c.FlowsEvicted, c.FlowsInserted)
}

const warnInterval = time.Minute

// watchEvictions says once a minute if flows were evicted.
func (d *Datapath) watchEvictions(ctx context.Context) error {
	ticker := time.NewTicker(warnInterval)
	defer ticker.Stop()
	for before := (*Counters)(nil); ; {
		now, err := d.Counters()
		if err != nil {
			return err
		}
		// Evictions of an earlier run are no news.
		if before != nil && now.FlowsEvicted > before.FlowsEvicted {
			d.log.Warn("flow table is full and forgets flows: raise --max-flows",
				"evicted", now.FlowsEvicted-before.FlowsEvicted, "entries", now.Entries(), "max_flows", d.options.MaxFlows)
		}
		before = &now
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}
