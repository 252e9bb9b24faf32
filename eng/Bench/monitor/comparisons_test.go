// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"fmt"
	"testing"
)

var comparisons = []comparison{
	besideLRU("flow table, room for 65,536", 1<<17),
	besideLRU("flow table, room for 1,048,576", 1<<21),
}

func besideLRU(costCase string, room uint32) comparison {
	return comparison{costCase: costCase, peer: "LRU per-CPU hash and ktime", object: "monitor", room: room, expect: expectAllFlows}
}

// expectAllFlows checks that no count was lost: the table has room for all flows.
func expectAllFlows(t *testing.T, m match) {
	t.Helper()
	most := float64(m.most)
	// The CNF looks now and then how many there are.
	eventually(t, func() error {
		if got := m.metrics()["cnf_flow_entries"]; got < most || got > most+10 {
			return fmt.Errorf("the table has %v flows, want %v", got, most)
		}
		return nil
	})
	metrics := m.metrics()
	for _, lost := range []string{"cnf_flow_evictions_total", "cnf_flow_insert_failures_total"} {
		if got, found := metrics[lost]; got != 0 || !found {
			t.Errorf("%s is %v, want 0", lost, got)
		}
	}
}
