// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"github.com/gopacket/gopacket/layers"

	"example.com/my-cnf/internal/datapath"
)

func TestEveryFixture(t *testing.T) {
	each(t, func(t *testing.T, r *rig, e entry) {
		for _, f := range e.inputs(t) {
			t.Run(f.name, func(t *testing.T) {
				if !r.expectOne(t, e, f.frame) {
					t.Logf("BPF_PROG_RUN does not take %d bytes of this kind", len(f.frame))
				}
			})
		}
	})
}

// Every packet cut off after every byte, once as it is and once with the length
// fields of the IP header corrected, so that the parser gets as far as it can.
func TestEveryTruncation(t *testing.T) {
	each(t, func(t *testing.T, r *rig, e entry) {
		var cuts [][]byte
		known := map[string]bool{}
		for _, f := range e.inputs(t) {
			for size := range min(len(f.frame), 160) {
				for _, cut := range [][]byte{f.frame[:size], fitted(f.frame, size)} {
					// Many packets begin alike.
					if !known[string(cut)] {
						known[string(cut)] = true
						cuts = append(cuts, cut)
					}
				}
			}
		}
		if len(cuts) < 2000 {
			t.Errorf("there are only %d truncated packets", len(cuts))
		}
		if testing.Short() {
			cuts = everyFifth(cuts)
		}
		if accepted := r.expectAll(t, e, cuts); accepted < len(cuts)/2 {
			t.Errorf("the kernel ran only %d of %d truncated packets", accepted, len(cuts))
		}
	})
}

// everyFifth is for slow machines: what the kernels do differently shows in fewer packets, too.
func everyFifth(packets [][]byte) (fewer [][]byte) {
	for i := 0; i < len(packets); i += 5 {
		fewer = append(fewer, packets[i])
	}
	return fewer
}

// fitted cuts a packet and lets an IP header's length say so. Where the IP header
// begins follows from what was cut off: input is one of the fixtures.
func fitted(input []byte, size int) []byte {
	cut := bytes.Clone(input[:size])
	start := bytes.Index(input, client4)
	if start >= 0 && start-12+4 <= size {
		binary.BigEndian.PutUint16(cut[start-10:], uint16(size-start+12))
		return cut
	}
	start = bytes.Index(input, client6)
	if start >= 0 && start+32 <= size {
		binary.BigEndian.PutUint16(cut[start-4:], uint16(size-start-32))
	}
	return cut
}

// Packets with random bytes overwritten, cut off and lengthened. CNF_SEED repeats a
// run whose seed a failure printed.
func TestRandomMutations(t *testing.T) {
	runs := 1500
	if testing.Short() {
		runs /= 5
	}
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("CNF_SEED"); text != "" {
		var err error
		seed, err = strconv.ParseUint(text, 10, 64)
		must(t, err)
	}
	t.Logf("CNF_SEED=%d", seed)

	each(t, func(t *testing.T, r *rig, e entry) {
		random := rand.New(rand.NewPCG(seed, 0))
		inputs := e.inputs(t)
		var mutants [][]byte
		for range runs {
			mutants = append(mutants, mutate(random, inputs[random.IntN(len(inputs))].frame))
		}
		if accepted := r.expectAll(t, e, mutants); accepted < runs/2 {
			t.Errorf("the kernel ran only %d of %d packets", accepted, runs)
		}
	})
}

func mutate(random *rand.Rand, input []byte) []byte {
	mutant := bytes.Clone(input)
	for range random.IntN(4) {
		// Most of what matters is in the first bytes.
		at := random.IntN(min(len(mutant), 96))
		switch random.IntN(3) {
		case 0:
			mutant[at] = byte(random.Uint32())
		case 1:
			mutant[at] ^= 1 << random.IntN(8)
		case 2:
			mutant[at] += byte(random.IntN(3)) - 1
		}
	}
	switch random.IntN(4) {
	case 0:
		mutant = mutant[:random.IntN(len(mutant)+1)]
	case 1:
		mutant = append(mutant, make([]byte, random.IntN(40))...)
	}
	return mutant
}

func TestFlowsAddUp(t *testing.T) {
	each(t, func(t *testing.T, r *rig, e entry) {
		var inputs [][]byte
		for range 3 {
			for _, f := range e.inputs(t) {
				inputs = append(inputs, f.frame)
			}
		}
		if _, differences := r.expectSum(t, e, inputs...); len(differences) > 0 {
			t.Error(strings.Join(differences, "\n"))
		}
	})
}

// manyFlows have hashes of every kind among them. Emulated machines take long for each.
func manyFlows() int {
	if testing.Short() {
		return 1024
	}
	return 8192
}

// A table keeps as many flows as it is made for, however their hashes fall.
func TestFlowTableHoldsWhatItIsMadeFor(t *testing.T) {
	room := manyFlows()
	r := load(t, func(spec *ebpf.CollectionSpec) { must(t, datapath.SizeFlowTable(spec, uint32(room))) })
	e := entries[0]
	start := clock()
	for range 2 {
		for i := range room {
			r.run(t, e, e.input(numbered(i)))
		}
	}
	got := r.take(t, start)
	if n := got.counters["flows inserted"]; n != uint64(room) || len(got.flows) != room {
		t.Errorf("%d flows were inserted and %d are there, want %d", n, len(got.flows), room)
	}
	for key, count := range got.flows {
		if count.packets != 2 {
			t.Fatalf("%+v: %d packets, want 2", key, count.packets)
		}
	}
}

// Several CPUs see the same new flows at the same time. Each flow is there once, with all its packets.
func TestCPUsShareFlows(t *testing.T) {
	const cpus = 2
	room := manyFlows()
	r := load(t, func(spec *ebpf.CollectionSpec) { must(t, datapath.SizeFlowTable(spec, uint32(room))) })
	e := entries[0]
	start := clock()
	var group sync.WaitGroup
	for range cpus {
		group.Go(func() {
			for i := range room {
				r.run(t, e, e.input(numbered(i)))
			}
		})
	}
	group.Wait()
	got := r.take(t, start)
	if n := got.counters["flows inserted"]; n != uint64(room) || len(got.flows) != room {
		t.Errorf("%d flows were inserted and %d are there, want %d", n, len(got.flows), room)
	}
	for key, count := range got.flows {
		if count.packets != cpus {
			t.Fatalf("%+v: %d packets, want %d", key, count.packets, cpus)
		}
	}
}

// A full table forgets the flows that were not seen for longest. No packet is lost from the totals, and
// insertions less evictions is what is there.
func TestFullFlowTableEvicts(t *testing.T) {
	const room, sent = 64, 1000
	r := load(t, func(spec *ebpf.CollectionSpec) { must(t, datapath.SizeFlowTable(spec, room)) })
	e := entries[0]
	start := clock()
	for i := range sent {
		r.run(t, e, e.input(numbered(i)))
	}
	got := r.take(t, start)
	if n := got.totals[totalKey{e.direction, "pass", "none"}].packets; n != sent {
		t.Errorf("totals count %d packets, want %d", n, sent)
	}
	if n := len(got.flows); n < room || n > 4*room {
		t.Errorf("the table holds %d flows, want %d or some more", n, room)
	}
	if inserted, evicted := got.counters["flows inserted"], got.counters["flows evicted"]; inserted-evicted != uint64(len(got.flows)) {
		t.Errorf("%d flows were inserted and %d evicted, but %d are there", inserted, evicted, len(got.flows))
	}
	if n := got.counters["flows inserted"]; n != sent {
		t.Errorf("%d flows were inserted, want %d", n, sent)
	}
	if n := got.counters["flows not inserted"]; n != 0 {
		t.Errorf("%d flows found no room, want 0", n)
	}
}

// Nobody reads events here until the buffer is full. Packets must not wait for that.
func TestFullRingBufferLosesEventsOnly(t *testing.T) {
	const sent = 1000
	r := load(t, func(spec *ebpf.CollectionSpec) { spec.Maps["events"].MaxEntries = uint32(os.Getpagesize()) })
	e := entries[0]
	start := clock()
	for i := range sent {
		r.run(t, e, e.input(numbered(i)))
	}
	got := r.take(t, start)
	if len(got.flows) != sent {
		t.Errorf("the table holds %d flows, want %d", len(got.flows), sent)
	}
	lost := got.counters["events lost"]
	if lost == 0 || len(got.events) == 0 || lost+uint64(len(got.events)) != sent {
		t.Errorf("%d events were read and %d counted as lost, want both and %d together", len(got.events), lost, sent)
	}
}

// A reader that waits is not woken for a few events, and finds them when it looks; for a quarter of the buffer it is.
func TestReaderIsWokenForManyEvents(t *testing.T) {
	const few, header = 3, 8
	quarter := (1 << 18) / (binary.Size(datapath.FlowEvent{}) + header)
	r := load(t, small)
	e := entries[0]
	events := func(patience time.Duration) (read int, waited time.Duration) {
		begun := time.Now()
		r.events.SetDeadline(begun.Add(patience))
		for ; ; read++ {
			_, err := r.events.Read()
			if errors.Is(err, os.ErrDeadlineExceeded) {
				return read, waited
			}
			must(t, err)
			if read == 0 {
				waited = time.Since(begun)
				r.events.SetDeadline(time.Unix(1, 0))
			}
		}
	}

	for i := range few {
		r.run(t, e, e.input(numbered(i)))
	}
	const patience = 200 * time.Millisecond
	if read, waited := events(patience); read != few || waited < patience/2 {
		t.Errorf("%d events were read after %s, want %d after %s", read, waited, few, patience)
	}
	for i := range quarter + 1 {
		r.run(t, e, e.input(numbered(few+i)))
	}
	const enough = 10 * time.Second
	if read, waited := events(enough); read != quarter+1 || waited > enough/2 {
		t.Errorf("%d events were read after %s, want %d at once", read, waited, quarter+1)
	}
}

// With events off nothing may be written to the ring buffer, nor counted as lost.
func TestEventsAreOffUnlessAskedFor(t *testing.T) {
	r := load(t, func(spec *ebpf.CollectionSpec) { must(t, spec.Variables["events_enabled"].Set(false)) })
	start := clock()
	r.run(t, entries[0], entries[0].input(numbered(1)))
	got := r.take(t, start)
	if len(got.flows) != 1 || len(got.events) != 0 || got.counters["events lost"] != 0 {
		t.Errorf("got %+v", got)
	}
}

// numbered makes packets that all belong to flows of their own.
func numbered(i int) []byte {
	header := udp(ipv4(0))
	header.SrcPort = layers.UDPPort(i + 1)
	return ip4(layers.IPProtocolUDP, header, payload(20))
}
