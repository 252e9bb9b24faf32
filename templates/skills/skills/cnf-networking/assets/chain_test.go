// SPDX-License-Identifier: Apache-2.0

package network

import (
	"testing"

	"example.com/my-cnf/internal/testnet"
)

func TestChain(t *testing.T) {
	client, server, near, far := newWire(t)
	chain := steers(t, near, far)
	first := newFunction(t, chain, near.Namespace, "first")
	second := newFunction(t, chain, near.Namespace, "second")
	for _, test := range []struct {
		name          string
		stations      []station
		first, second uint64
	}{
		{"both", []station{first.station, second.station}, datagrams, datagrams},
		{"the other way round", []station{second.station, first.station}, 2 * datagrams, 2 * datagrams},
		{"one", []station{second.station}, 2 * datagrams, 3 * datagrams},
		{"none", nil, 2 * datagrams, 3 * datagrams},
	} {
		t.Run(test.name, func(t *testing.T) {
			if err := chain.connect(index(t, near), index(t, far), test.stations...); err != nil {
				t.Fatal(err)
			}
			testnet.UDP(t, client, server, 4, datagrams, 100)
			first.expect(t, test.first)
			second.expect(t, test.second)
		})
	}
}

// function is the smallest one that a chain can have: it hands every frame from one of its devices to the
// other, and counts.
type function struct {
	station station
	in, out testnet.End
	objects *chainObjects
}

func newFunction(t *testing.T, chain *chainObjects, sw *testnet.Namespace, name string) *function {
	t.Helper()
	n := testnet.New(t)
	f := &function{}
	var toIn, toOut testnet.End
	toIn, f.in = wire(t, place{sw, name + "in"}, place{n, "in0"})
	toOut, f.out = wire(t, place{sw, name + "out"}, place{n, "out0"})
	f.station = station{in: index(t, toIn), out: index(t, toOut)}
	f.objects = steers(t, f.in, f.out)
	if err := f.objects.connect(index(t, f.in), index(t, f.out)); err != nil {
		t.Fatal(err)
	}
	attach(t, toIn, ingress, chain.Steer)
	attach(t, toOut, ingress, chain.Steer)
	return f
}

func steers(t *testing.T, ends ...testnet.End) *chainObjects {
	t.Helper()
	objects := &chainObjects{}
	load(t, loadChain, objects, nil)
	t.Cleanup(func() { objects.Close() })
	for _, end := range ends {
		attach(t, end, ingress, objects.Steer)
	}
	return objects
}

// expect compares the frames that came in at each side.
func (f *function) expect(t *testing.T, frames uint64) {
	t.Helper()
	for _, end := range []testnet.End{f.in, f.out} {
		var hop chainHop
		if err := f.objects.Hops.Lookup(index(t, end), &hop); err != nil {
			t.Fatal(err)
		}
		if hop.Frames != frames {
			t.Errorf("%s got %d frames, want %d", end.Name, hop.Frames, frames)
		}
	}
}
