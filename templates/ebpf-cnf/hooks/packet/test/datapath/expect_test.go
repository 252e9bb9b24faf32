// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"fmt"
	"maps"
	"slices"
	"strings"
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

// differences lists what was not counted as expected.
func (x *expect) differences(got snapshot) (list []string) {
	differ := func(what string, got, want any) {
		list = append(list, fmt.Sprintf("%s:\ngot  %+v\nwant %+v", what, got, want))
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
	return list
}

// expectSum runs a program on inputs and compares everything that it counted.
func (r *rig) expectSum(t *testing.T, e entry, inputs ...[]byte) (accepted int, differences []string) {
	t.Helper()
	start := clock()
	want := newExpect()
	for _, input := range inputs {
		if r.run(t, e, input) {
			want.add(e, input)
			accepted++
		}
	}
	return accepted, want.differences(r.take(t, start))
}

// expectOne does so with a single input, and tells whether the kernel ran it.
func (r *rig) expectOne(t *testing.T, e entry, input []byte) bool {
	t.Helper()
	accepted, differences := r.expectSum(t, e, input)
	if len(differences) > 0 {
		t.Errorf("%s on %d bytes: %x\n%s", e.program, len(input), input, strings.Join(differences, "\n"))
	}
	return accepted > 0
}

// expectAll does so with many inputs. Reading maps takes longer than running programs,
// so it compares sums, and looks at single packets only when they differ.
func (r *rig) expectAll(t *testing.T, e entry, inputs [][]byte) (accepted int) {
	t.Helper()
	const together = 250
	for chunk := range slices.Chunk(inputs, together) {
		n, differences := r.expectSum(t, e, chunk...)
		accepted += n
		if len(differences) == 0 {
			continue
		}
		for _, input := range chunk {
			r.expectOne(t, e, input)
		}
		if !t.Failed() {
			t.Errorf("%s counts packets right one by one, but not together:\n%s", e.program, strings.Join(differences, "\n"))
		}
		t.FailNow()
	}
	return accepted
}

// inputs are the fixtures that an entry can be run on, as it is run on them.
func (e entry) inputs(t *testing.T) []fixture {
	t.Helper()
	var inputs []fixture
	for _, f := range fixtures() {
		if input := e.input(f.frame); input != nil {
			inputs = append(inputs, fixture{f.name, input, f.reason})
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
