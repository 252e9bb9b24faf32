// SPDX-License-Identifier: Apache-2.0

package balancer

import (
	"encoding/binary"
	"net/netip"
)

// Flow is what a client's packets have in common.
type Flow struct {
	Source, Destination netip.AddrPort
	Protocol            Protocol
}

// Factors of the words of a flow, and of the mixing. bpf/function/hash.h has the same.
const (
	factorDestinationHigh = 0x9e3779b97f4a7c15
	factorDestinationLow  = 0xd1b54a32d192ed03
	factorEndpoint        = 0xaef17502108ef2d9
	factorSourceHigh      = 0x8cb92ba72f3d8dd7
	factorSourceLow       = 0xabc98388fb8fac03
	factorSourcePort      = 0x8a5cd789635d2dff
	factorMixFirst        = 0xbf58476d1ce4e5b9
	factorMixSecond       = 0x94d049bb133111eb
)

func mix(sum uint64) uint64 {
	sum = (sum ^ sum>>30) * factorMixFirst
	sum = (sum ^ sum>>27) * factorMixSecond
	return sum ^ sum>>31
}

// words are an address as a program on a little-endian machine reads it.
func words(address netip.Addr) (high, low uint64) {
	bytes := address.As16()
	return binary.LittleEndian.Uint64(bytes[:8]), binary.LittleEndian.Uint64(bytes[8:])
}

// portWord is a port in network byte order, as a little-endian machine reads it.
func portWord(port uint16) uint64 { return uint64(port>>8 | port<<8) }

func (e Endpoint) sum() uint64 {
	high, low := words(e.Address)
	return high*factorDestinationHigh + low*factorDestinationLow + (portWord(e.Port)|uint64(e.Protocol)<<16)*factorEndpoint
}

// Hash chooses a flow's place in all tables.
func (f Flow) Hash() uint64 {
	service := Endpoint{f.Destination.Addr(), f.Destination.Port(), f.Protocol}
	high, low := words(f.Source.Addr())
	return mix(service.sum() + high*factorSourceHigh + low*factorSourceLow + portWord(f.Source.Port())*factorSourcePort)
}

// below turns a hash into a number below a limit.
func below(hash uint64, limit int) int { return int(hash >> 32 * uint64(limit) >> 32) }

// Place is the flow's place in a ring of a size.
func (f Flow) Place(size int) int { return below(f.Hash(), size) }

// Slot is the endpoint's place in a table of services.
func (e Endpoint) Slot(salt uint64, slots int) int { return below(mix(e.sum()+salt), slots) }

// longestSearch is enough for any set: with slots for the square of the services' number, two
// in three salts are good at the first try.
const longestSearch = 1 << 16

// Salt finds the first salt with which no two endpoints share a slot. There is none only for
// an endpoint that is there twice.
func Salt(endpoints []Endpoint, slots int) (salt uint64, found bool) {
	for salt = 1; salt <= longestSearch; salt++ {
		if taken := slotsOf(endpoints, salt, slots); len(taken) == len(endpoints) {
			return salt, true
		}
	}
	return 0, false
}

func slotsOf(endpoints []Endpoint, salt uint64, slots int) map[int]bool {
	taken := make(map[int]bool, len(endpoints))
	for _, endpoint := range endpoints {
		taken[endpoint.Slot(salt, slots)] = true
	}
	return taken
}
