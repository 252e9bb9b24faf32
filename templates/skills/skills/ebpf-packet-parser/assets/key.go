// SPDX-License-Identifier: Apache-2.0

package parser

import (
	"encoding/binary"
	"net/netip"
)

// fromNetwork reads a __be16 or the bytes of a __be32 that the kernel left in network
// order: their place in memory matters, not the number that Go sees.
func fromNetwork(value uint16) uint16 {
	return binary.BigEndian.Uint16(binary.NativeEndian.AppendUint16(nil, value))
}

// endpoint is an address and a port as Go prints them: IPv4 without ::ffff: in front.
func endpoint(address [16]byte, port uint16) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom16(address).Unmap(), fromNetwork(port))
}

// endpoints of a key that the parser filled in.
func endpoints(key fiveTupleFlowKey) (source, destination netip.AddrPort) {
	return endpoint(key.Saddr.In6U.U6Addr8, key.Sport), endpoint(key.Daddr.In6U.U6Addr8, key.Dport)
}
