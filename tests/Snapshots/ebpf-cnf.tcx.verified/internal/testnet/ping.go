// SPDX-License-Identifier: Apache-2.0

package testnet

import (
	"encoding/binary"
	"fmt"
	"net"
	"testing"
	"time"
)

// ICMP types of echo request and reply, by IP version.
var echoTypes = map[int]struct {
	request, reply byte
	network        string
}{
	4: {8, 0, "ip4:icmp"},
	6: {128, 129, "ip6:ipv6-icmp"},
}

// Ping sends count echo requests of size bytes of payload and waits for each reply,
// which the other end's kernel sends.
func Ping(t testing.TB, from, to End, version, count, size int) {
	t.Helper()
	types := echoTypes[version]
	var conn net.PacketConn
	err := from.Do(func() error {
		var err error
		conn, err = net.ListenPacket(types.network, from.Address(version).String())
		return err
	})
	if err != nil {
		t.Fatalf("open ICMP socket: %v", err)
	}
	defer conn.Close()

	for sequence := range count {
		request := echoRequest(types.request, version, sequence, size)
		address := &net.IPAddr{IP: to.Address(version).AsSlice()}
		if _, err := conn.WriteTo(request, address); err != nil {
			t.Fatalf("send echo request: %v", err)
		}
		if err := awaitReply(conn, types.reply, sequence); err != nil {
			t.Fatalf("receive echo reply %d from %s: %v", sequence, to.Address(version), err)
		}
	}
}

// echoRequest leaves the checksum of ICMPv6 to the kernel, which knows the addresses.
func echoRequest(kind byte, version, sequence, size int) []byte {
	message := make([]byte, 8+size)
	message[0] = kind
	binary.BigEndian.PutUint16(message[6:], uint16(sequence))
	if version == 4 {
		binary.BigEndian.PutUint16(message[2:], checksum(message))
	}
	return message
}

func awaitReply(conn net.PacketConn, kind byte, sequence int) error {
	if err := conn.SetReadDeadline(time.Now().Add(Patience)); err != nil {
		return err
	}
	buffer := make([]byte, 1<<16)
	for {
		n, _, err := conn.ReadFrom(buffer)
		if err != nil {
			return err
		}
		if n < 8 || buffer[0] != kind {
			continue
		}
		if got := int(binary.BigEndian.Uint16(buffer[6:])); got != sequence {
			return fmt.Errorf("it is number %d", got)
		}
		return nil
	}
}

// checksum is the Internet checksum (RFC 1071).
func checksum(data []byte) uint16 {
	var sum uint32
	for i := 0; i+1 < len(data); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(data[i:]))
	}
	if len(data)%2 == 1 {
		sum += uint32(data[len(data)-1]) << 8
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}
