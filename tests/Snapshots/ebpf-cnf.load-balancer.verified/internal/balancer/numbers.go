// SPDX-License-Identifier: Apache-2.0

package balancer

import (
	"fmt"
	"maps"
)

// Numbers gives each backend a number that it keeps for as long as it is configured. A number that became free is
// given again as late as possible, for flows may still be remembered by it.
type Numbers struct {
	// Of are the numbers in use.
	Of map[Identity]int
	// Last is the number that was given last.
	Last int
	// Limit is the first number that there is not. 0 is no backend's.
	Limit int
}

// Assign returns the numbers for what is wanted, without changing n.
func (n Numbers) Assign(wanted []Identity) (Numbers, error) {
	if len(wanted) >= n.Limit {
		return n, fmt.Errorf("%d backends are more than the %d that there is room for: raise --max-backends", len(wanted), n.Limit-1)
	}
	next := Numbers{Of: make(map[Identity]int, len(wanted)), Last: n.Last, Limit: n.Limit}
	taken := map[int]bool{}
	for _, identity := range wanted {
		if number, ok := n.Of[identity]; ok {
			next.Of[identity], taken[number] = number, true
		}
	}
	for _, identity := range wanted {
		if _, ok := next.Of[identity]; ok {
			continue
		}
		next.Last = next.free(taken)
		next.Of[identity], taken[next.Last] = next.Last, true
	}
	return next, nil
}

// free is the first free number after the last one given.
func (n Numbers) free(taken map[int]bool) int {
	number := n.Last
	for {
		if number++; number >= n.Limit {
			number = 1
		}
		if !taken[number] {
			return number
		}
	}
}

// Given lists the identities whose numbers differ between two assignments: their counters begin anew.
func (n Numbers) Given(before Numbers) map[Identity]int {
	given := maps.Clone(n.Of)
	maps.DeleteFunc(given, func(identity Identity, number int) bool {
		old, ok := before.Of[identity]
		return ok && old == number
	})
	return given
}
