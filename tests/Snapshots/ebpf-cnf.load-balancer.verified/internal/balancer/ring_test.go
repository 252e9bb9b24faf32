// SPDX-License-Identifier: Apache-2.0

package balancer

import (
	"fmt"
	"math"
	"net/netip"
	"slices"
	"testing"
)

func shares(weights ...int) []Share {
	list := make([]Share, len(weights))
	for i, weight := range weights {
		list[i] = Share{netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), weight}
	}
	return list
}

func places(ring []int, count int) []int {
	counts := make([]int, count)
	for _, index := range ring {
		counts[index]++
	}
	return counts
}

func TestRingsAreSharedByWeight(t *testing.T) {
	for _, weights := range [][]int{{1}, {1, 1}, {1, 2, 3, 4}, {100, 1}, {7, 0, 3}, slices.Repeat([]int{5}, 100)} {
		ring := Ring(shares(weights...), RingSize)
		total := 0
		for _, weight := range weights {
			total += weight
		}
		for i, got := range places(ring, len(weights)) {
			want := float64(RingSize) * float64(weights[i]) / float64(total)
			if math.Abs(float64(got)-want) > max(2, want/50) {
				t.Errorf("weights %v: backend %d has %d places, want %.0f", weights, i, got, want)
			}
		}
	}
}

func TestRingOfNobodyIsEmpty(t *testing.T) {
	if Ring(nil, RingSize) != nil || Ring(shares(0, 0), RingSize) != nil {
		t.Error("somebody has places")
	}
}

// All balancers make the same ring, in whatever order they know the backends.
func TestRingDoesNotDependOnTheOrder(t *testing.T) {
	list := shares(1, 2, 3, 4, 5)
	turned := slices.Clone(list)
	slices.Reverse(turned)
	ring, other := Ring(list, RingSize), Ring(turned, RingSize)
	for place := range ring {
		if list[ring[place]] != turned[other[place]] {
			t.Fatalf("place %d is of %v and of %v", place, list[ring[place]], turned[other[place]])
		}
	}
}

// Removing one backend moves its own places and at most 2 % of the others'.
func TestRemovingABackendMovesFewOfTheOthers(t *testing.T) {
	for _, count := range []int{2, 3, 5, 10, 20, 50, 100} {
		t.Run(fmt.Sprint(count), func(t *testing.T) {
			list := shares(slices.Repeat([]int{1}, count)...)
			before := Ring(list, RingSize)
			for _, gone := range []int{0, count / 2, count - 1} {
				rest := slices.Delete(slices.Clone(list), gone, gone+1)
				after := Ring(rest, RingSize)
				moved, others := 0, 0
				for place := range before {
					if before[place] == gone {
						continue
					}
					others++
					if list[before[place]] != rest[after[place]] {
						moved++
					}
				}
				if share := float64(moved) / float64(others); share > 0.02 {
					t.Errorf("without backend %d, %.2f %% of the others' places moved", gone, 100*share)
				}
			}
		})
	}
}
