// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"encoding/binary"
	"maps"
	"slices"
	"testing"
)

func TestGuard(t *testing.T) {
	blocked := datagram(t, blockedPort)
	for name, test := range map[string]struct {
		packet []byte
		want   uint32
	}{
		"blocked port":       {blocked, drop},
		"another port":       {datagram(t, blockedPort+1), pass},
		"TCP":                {segment(t, blockedPort), pass},
		"later fragment":     {laterFragment(t, blockedPort), pass},
		"cut off in UDP":     {blocked[:14+20+4], pass},
		"Ethernet and no IP": {blocked[:14], pass},
	} {
		t.Run(name, func(t *testing.T) {
			g := loadNew(t)
			if got := run(t, g.Guard, test.packet); got != test.want {
				t.Errorf("verdict %d, want %d", got, test.want)
			}
			if got, want := g.counted(t), map[uint32]uint64{test.want: 1}; !maps.Equal(got, want) {
				t.Errorf("counted %v, want %v", got, want)
			}
			var want []guardDrop
			if test.want == drop {
				want = append(want, guardDrop{Source: binary.NativeEndian.Uint32(client), Port: blockedPort})
			}
			if got := g.reported(t); !slices.Equal(got, want) {
				t.Errorf("reported %v, want %v", got, want)
			}
		})
	}
}

// A reader that is away loses events, and nothing else.
func TestGuardLosesOnlyEvents(t *testing.T) {
	g := loadNew(t)
	const sent = 5000
	for range sent {
		run(t, g.Guard, datagram(t, blockedPort))
	}
	var lost uint64
	if err := g.Unreported.Get(&lost); err != nil {
		t.Fatal(err)
	}
	reported := uint64(len(g.reported(t)))
	if lost == 0 || reported == 0 || lost+reported != sent {
		t.Errorf("%d events were read and %d lost, want both and %d together", reported, lost, sent)
	}
	if got, want := g.counted(t), map[uint32]uint64{drop: sent}; !maps.Equal(got, want) {
		t.Errorf("counted %v, want %v", got, want)
	}
}
