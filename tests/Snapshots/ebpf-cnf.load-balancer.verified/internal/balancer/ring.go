// SPDX-License-Identifier: Apache-2.0

package balancer

import (
	"cmp"
	"hash/fnv"
	"net/netip"
	"slices"
)

// RingSize is the number of places in a service's ring: a prime, as Maglev asks for, and
// large enough that with a hundred backends each has its share within a percent or so.
const RingSize = 16381

// Share is a backend that wants places in a ring.
type Share struct {
	Address netip.Addr
	// Weight is how many places it wants in proportion to the others; none with 0.
	Weight int
}

// turns is a backend while a ring is filled.
type turns struct {
	index        int
	Share        Share
	offset, skip int
	next, debt   int
}

// Ring fills a ring by Maglev hashing (Eisenbud and others, NSDI 2016): every backend has an order of its own,
// made from its address, in which it would like to have the places. Turn by turn each takes the
// first place in its order that is still free. When a backend leaves, the others keep nearly all of
// theirs. The ring holds indexes of shares; it is nil if nobody wants a place.
func Ring(shares []Share, size int) []int {
	backends, heaviest := start(shares, size)
	if len(backends) == 0 {
		return nil
	}
	ring := make([]int, size)
	free := slices.Repeat([]bool{true}, size)
	for filled := 0; ; {
		for i := range backends {
			b := &backends[i]
			// One with half of the largest weight has a turn in every second round.
			if b.debt += b.Share.Weight; b.debt < heaviest {
				continue
			}
			b.debt -= heaviest
			place := b.take(free, size)
			ring[place], free[place] = b.index, false
			if filled++; filled == size {
				return ring
			}
		}
	}
}

// start sorts the backends, so that all balancers with the same ones make the same ring.
func start(shares []Share, size int) (backends []turns, heaviest int) {
	for i, share := range shares {
		if share.Weight == 0 {
			continue
		}
		hash := fnv.New64a()
		hash.Write(share.Address.AsSlice())
		sum := mix(hash.Sum64())
		backends = append(backends, turns{
			index: i, Share: share,
			offset: int(sum >> 32 % uint64(size)), skip: int(sum&0xffffffff%uint64(size-1)) + 1,
		})
		heaviest = max(heaviest, share.Weight)
	}
	slices.SortFunc(backends, func(a, b turns) int {
		return cmp.Or(cmp.Compare(a.offset, b.offset), a.Share.Address.Compare(b.Share.Address))
	})
	return backends, heaviest
}

// take returns the first free place in the backend's order.
func (b *turns) take(free []bool, size int) int {
	for {
		place := (b.offset + b.next*b.skip) % size
		b.next++
		if free[place] {
			return place
		}
	}
}
