// SPDX-License-Identifier: Apache-2.0

package network

import "fmt"

// station is a function that a chain passes: the switch's devices that lead to its two ends.
type station struct {
	in, out uint32
}

// connect makes a chain between two devices of the switch. Every frame passes the stations in their
// order, what comes back in reverse. Calling it again leaves stations out or puts others in.
func (c *chainObjects) connect(left, right uint32, stations ...station) error {
	hops := map[uint32]chainHop{}
	join := func(a, b uint32, intoA, intoB bool) {
		hops[a] = chainHop{Ifindex: b, IntoNamespace: flag(intoB)}
		hops[b] = chainHop{Ifindex: a, IntoNamespace: flag(intoA)}
	}
	// Functions get frames at once. The ends have a stack, whose queue is a queue for good reason.
	last, isStation := left, false
	for _, s := range stations {
		join(last, s.in, isStation, true)
		last, isStation = s.out, true
	}
	join(last, right, isStation, false)
	for from, hop := range hops {
		if err := c.Hops.Put(from, hop); err != nil {
			return fmt.Errorf("set where frames of interface %d go: %w", from, err)
		}
	}
	return nil
}

func flag(b bool) uint32 {
	if b {
		return 1
	}
	return 0
}
