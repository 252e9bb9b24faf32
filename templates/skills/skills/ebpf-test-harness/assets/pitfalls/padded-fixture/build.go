// SPDX-License-Identifier: Apache-2.0
// proof: misbehaves
// shown-by: TestPaddedFixture
// message: the packet has 60 bytes, want 38

// Package paddedfixture leaves the Ethernet header to gopacket.
package paddedfixture

import (
	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

// Build is wrong for short packets: gopacket fills them up as a network card does.
func Build(ethernet *layers.Ethernet, parts ...gopacket.SerializableLayer) ([]byte, error) {
	buffer := gopacket.NewSerializeBuffer()
	options := gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}
	err := gopacket.SerializeLayers(buffer, options, append([]gopacket.SerializableLayer{ethernet}, parts...)...)
	return buffer.Bytes(), err
}
