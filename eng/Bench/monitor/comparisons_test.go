// SPDX-License-Identifier: Apache-2.0

package traffic

import "testing"

var comparisons = []comparison{{
	costCase: "flow table",
	peer:     "LRU per-CPU hash and ktime",
	expect:   expectAllFlows,
}}

// expectAllFlows checks that no count was lost: the table has room for all flows.
func expectAllFlows(t *testing.T, m match) {
	t.Helper()
	metrics := m.metrics()
	most := float64(costFlows[len(costFlows)-1])
	if got := metrics["cnf_flow_entries"]; got < most || got > most+10 {
		t.Errorf("the table has %v flows, want %v", got, most)
	}
	for _, lost := range []string{"cnf_flow_evictions_total", "cnf_flow_insert_failures_total"} {
		if got := metrics[lost]; got != 0 {
			t.Errorf("%s is %v, want 0", lost, got)
		}
	}
}
