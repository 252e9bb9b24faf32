// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"fmt"
	"testing"
)

var comparisons = []comparison{{
	costCase: "flow table",
	peer:     "LRU per-CPU hash and ktime",
	object:   "monitor",
	expect:   expectAllFlows,
}}

// expectAllFlows checks that no count was lost: the table has room for all flows.
func expectAllFlows(t *testing.T, m match) {
	t.Helper()
	most := float64(costFlows[len(costFlows)-1])
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
