// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"encoding/binary"

	"github.com/gopacket/gopacket/layers"

	"example.com/my-cnf/test/reference"
)

var entries = []entry{
	cgroupEntry("cgroup_ingress", "ingress"),
	cgroupEntry("cgroup_egress", "egress"),
}

// cgroupEntry is a program that sees packets from the IP header on. BPF_PROG_RUN still
// wants the Ethernet header, and takes it off.
func cgroupEntry(program, direction string) entry {
	return entry{
		program:   program,
		direction: direction,
		decode:    func(input []byte) reference.Packet { return reference.IP(input[14:]) },
		length:    func(input []byte) int { return len(input) - 14 },
		input:     onlyIP,
		refused:   refused,
		pass:      1,
	}
}

// onlyIP is nil for frames that never reach a socket.
func onlyIP(frame []byte) []byte {
	switch layers.EthernetType(binary.BigEndian.Uint16(frame[12:])) {
	case layers.EthernetTypeIPv4, layers.EthernetTypeIPv6:
		return frame
	}
	return nil
}

// refused knows the kernel's checks of a packet that is to become an skb: there must be
// an Ethernet header, and the IP header that its type announces. Not every kernel
// makes the second check.
func refused(input []byte) bool {
	if len(input) < 14 {
		return true
	}
	switch layers.EthernetType(binary.BigEndian.Uint16(input[12:])) {
	case layers.EthernetTypeIPv4:
		return len(input) < 14+20
	case layers.EthernetTypeIPv6:
		return len(input) < 14+40
	}
	return false
}
