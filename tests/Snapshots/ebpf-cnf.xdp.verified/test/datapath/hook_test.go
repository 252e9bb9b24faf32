// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"testing"

	"github.com/gopacket/gopacket/layers"

	"example.com/my-cnf/test/reference"
)

var entries = []entry{{
	program:   "xdp_ingress",
	direction: "ingress",
	decode:    func(input []byte) reference.Packet { return reference.Ethernet(input) },
	length:    func(input []byte) int { return len(input) },
	input:     func(frame []byte) []byte { return frame },
	// XDP runs on anything that has an Ethernet header.
	refused: func(input []byte) bool { return len(input) < 14 },
	pass:    2, // XDP_PASS
}}

// A jumbo frame comes in several buffers, of which only the first can be reached
// through packet pointers.
func TestPacketInSeveralBuffers(t *testing.T) {
	each(t, func(t *testing.T, r *rig, e entry) {
		for _, size := range []int{3000, 5000, 9000} {
			r.expectOne(t, e, ip4(layers.IPProtocolUDP, udp(ipv4(0)), payload(size)))
			r.expectOne(t, e, ip6(hop, extension(destination, 255), extension(destination, 255),
				extension(layers.IPProtocolUDP, 0), udp(ipv6(0)), payload(size)))
		}
	})
}
