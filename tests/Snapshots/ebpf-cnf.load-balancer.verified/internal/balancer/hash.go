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
	factorMix             = 0xbf58476d1ce4e5b9
)

// words are an address as a program on a little-endian machine reads it.
func words(address netip.Addr) (high, low uint64) {
	bytes := address.As16()
	return binary.LittleEndian.Uint64(bytes[:8]), binary.LittleEndian.Uint64(bytes[8:])
}

// portWord is a port in network byte order, as a little-endian machine reads it.
func portWord(port uint16) uint64 { return uint64(port>>8 | port<<8) }

// Words are the endpoint as the programs compare it: the address in two words, and port and protocol in one.
func (e Endpoint) Words() (address [2]uint64, endpoint uint64) {
	address[0], address[1] = words(e.Address)
	return address, portWord(e.Port) | uint64(e.Protocol)<<16
}

func (e Endpoint) sum() uint64 {
	address, endpoint := e.Words()
	return address[0]*factorDestinationHigh + address[1]*factorDestinationLow + endpoint*factorEndpoint
}

// Hash chooses a flow's place in all tables.
func (f Flow) Hash() uint64 {
	service := Endpoint{f.Destination.Addr(), f.Destination.Port(), f.Protocol}
	high, low := words(f.Source.Addr())
	sum := service.sum() + high*factorSourceHigh + low*factorSourceLow + portWord(f.Source.Port())*factorSourcePort
	sum = (sum ^ sum>>32) * factorMix
	return sum ^ sum>>32
}

// Place is the flow's place in a ring of a size.
func (f Flow) Place(size int) int { return int(f.Hash() >> 32 * uint64(size) >> 32) }

// Slot is the endpoint's place in half of the table of services, which has 2^bits places. The generation is the word
// by which the programs know the half and its salt.
func (e Endpoint) Slot(generation uint64, bits int) int {
	return int(e.sum() * (generation | 1) >> (64 - bits))
}

// longestSearch is enough for any set: with slots for the square of the services' number, more than one
// in two salts is good.
const longestSearch = 1 << 10

// Generation finds a word for a half in which no two endpoints share a slot. There is none only for an
// endpoint that is there twice.
func Generation(endpoints []Endpoint, half uint64, bits int) (generation uint64, found bool) {
	for try := uint64(1); try <= longestSearch; try++ {
		generation = try*factorMix<<1 | half
		if slots := slotsOf(endpoints, generation, bits); len(slots) == len(endpoints) {
			return generation, true
		}
	}
	return 0, false
}

func slotsOf(endpoints []Endpoint, generation uint64, bits int) map[int]bool {
	taken := make(map[int]bool, len(endpoints))
	for _, endpoint := range endpoints {
		taken[endpoint.Slot(generation, bits)] = true
	}
	return taken
}
