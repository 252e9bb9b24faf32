// SPDX-License-Identifier: Apache-2.0
// proof: misbehaves
// shown-by: TestSuperPackets
// message: fewer packets than segments, and some above the MTU

// Package superpackets counts as the wire would.
package superpackets

// Segments is wrong inside of a machine: TCP hands over up to 64 KiB in one packet.
func Segments(message, mtu int) int {
	const headers = 20 + 32
	return (message + mtu - headers - 1) / (mtu - headers)
}
