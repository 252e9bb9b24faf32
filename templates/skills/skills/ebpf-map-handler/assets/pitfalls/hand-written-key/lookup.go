// SPDX-License-Identifier: Apache-2.0
// proof: misbehaves
// shown-by: TestHandWrittenKey
// message: doesn't marshal to 20 bytes

// Package handwrittenkey repeats by hand what bpf2go would generate.
package handwrittenkey

import "github.com/cilium/ebpf"

// prefix lacks what C has: an IPv6 address.
type prefix struct {
	Length  uint32
	Address [4]byte
}

// Lookup is wrong.
func Lookup(rules *ebpf.Map, address [4]byte) (verdict uint32, err error) {
	err = rules.Lookup(prefix{Length: 32, Address: address}, &verdict)
	return verdict, err
}
