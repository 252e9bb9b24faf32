// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"maps"
	"slices"
	"testing"

	"example.com/cnf-template/test/reference"
)

// finOrReset are the TCP flags that end a flow.
const finOrReset = 0x05

// expect works out what the programs should count, with the reference decoder. It
// must be told the inputs in the order in which they are run.
type expect struct {
	snapshot
	closed map[flowKey]bool
}

func newExpect() *expect {
	return &expect{
		closed: map[flowKey]bool{},
		snapshot: snapshot{
			flows:    map[flowKey]flowCount{},
			totals:   map[totalKey]total{},
			counters: map[string]uint64{},
		},
	}
}

func (x *expect) add(e entry, input []byte) {
	packet := e.decode(input)
	bytes := uint64(e.length(input))

	key := totalKey{e.direction, "pass", packet.Reason}
	sum := x.totals[key]
	x.totals[key] = total{sum.packets + 1, sum.bytes + bytes}
	if packet.Reason != reference.None {
		return
	}

	flow := flowKey{packet.Key, e.direction}
	stats, known := x.flows[flow]
	stats = flowCount{stats.packets + 1, stats.bytes + bytes, stats.tcpFlags | uint32(packet.TCPFlags)}
	x.flows[flow] = stats
	if !known {
		x.counters["flows inserted"]++
		x.events = append(x.events, event{"new", flow, stats})
	}
	if packet.TCPFlags&finOrReset != 0 && !x.closed[flow] {
		x.closed[flow] = true
		x.events = append(x.events, event{"closed", flow, stats})
	}
}

// compare reports every difference.
func (x *expect) compare(t *testing.T, got snapshot) bool {
	t.Helper()
	same := true
	differ := func(what string, got, want any) {
		t.Helper()
		same = false
		t.Errorf("%s:\ngot  %+v\nwant %+v", what, got, want)
	}
	if !maps.Equal(got.flows, x.flows) {
		differ("flow table", got.flows, x.flows)
	}
	if !maps.Equal(got.totals, x.totals) {
		differ("totals", got.totals, x.totals)
	}
	if !maps.Equal(got.counters, x.counters) {
		differ("counters", got.counters, x.counters)
	}
	if !slices.Equal(got.events, x.events) {
		differ("events", got.events, x.events)
	}
	return same
}

// expectOne runs a program on one input and compares everything that it counted.
func (r *rig) expectOne(t *testing.T, e entry, input []byte) (accepted bool) {
	t.Helper()
	start := clock()
	want := newExpect()
	if accepted = r.run(t, e, input); accepted {
		want.add(e, input)
	}
	if !want.compare(t, r.take(t, start)) {
		t.Fatalf("%s on %d bytes: %x", e.program, len(input), input)
	}
	return accepted
}

// inputs are the frames that an entry can be run on.
func (e entry) inputs(t *testing.T) map[string][]byte {
	t.Helper()
	inputs := map[string][]byte{}
	for _, f := range fixtures() {
		if input := e.input(f.frame); input != nil {
			inputs[f.name] = input
		}
	}
	if len(inputs) == 0 {
		t.Fatalf("no fixture is for %s", e.program)
	}
	return inputs
}

// each runs a test for every program of the hook.
func each(t *testing.T, test func(*testing.T, *rig, entry)) {
	t.Helper()
	r := load(t, small)
	for _, e := range entries {
		if r.Programs[e.program] == nil {
			t.Fatalf("the object has no program %s", e.program)
		}
		t.Run(e.program, func(t *testing.T) { test(t, r, e) })
	}
}
