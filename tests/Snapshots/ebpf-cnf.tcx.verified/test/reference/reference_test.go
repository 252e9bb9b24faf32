// SPDX-License-Identifier: Apache-2.0

package reference

import (
	"encoding/hex"
	"net/netip"
	"testing"
)

// Packets written out by hand: the oracle must not be trusted just because it agrees
// with the program under test.
func TestReferenceReadsPacketsWrittenByHand(t *testing.T) {
	const (
		ipv4UDP = "45000020000100004011" + "0000c0000201c6336402" + "04d20035000c0000" + "01020304"
		ipv6TCP = "6000000000140640" + "20010db8000000000000000000000001" + "20010db8000000000000000000000002"
	)
	v4 := Key{Source: netip.MustParseAddr("192.0.2.1"), Destination: netip.MustParseAddr("198.51.100.2"), Protocol: 17}
	for name, c := range map[string]struct {
		packet string
		want   Packet
	}{
		"IPv4 UDP": {
			ipv4UDP,
			Packet{Reason: None, Key: Key{v4.Source, v4.Destination, 1234, 53, 0, 17}},
		},
		"UDP length behind the end": {
			"45000020000100004011" + "0000c0000201c6336402" + "04d20035000d0000" + "01020304",
			Packet{Reason: BadLength},
		},
		"later fragment": {
			"4500001c000100014011" + "0000c0000201c6336402" + "04d20035000c0000",
			Packet{Reason: None, Key: v4},
		},
		"IPv6 TCP with FIN and ACK": {
			ipv6TCP + "0050c0010000000000000000" + "5011000000000000",
			Packet{Reason: None, TCPFlags: 0x11, Key: Key{
				netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8::2"), 80, 49153, 0, 6,
			}},
		},
		"TCP data offset of 4":    {ipv6TCP + "0050c0010000000000000000" + "4011000000000000", Packet{Reason: BadTCPHeader}},
		"IPv4 header length of 4": {"44" + ipv4UDP[2:], Packet{Reason: BadIPv4Header}},
		"version 5":               {"55" + ipv4UDP[2:], Packet{Reason: NotIP}},
		"nothing":                 {"", Packet{Reason: Truncated}},
	} {
		t.Run(name, func(t *testing.T) {
			packet, err := hex.DecodeString(c.packet)
			if err != nil {
				t.Fatal(err)
			}
			got := IP(packet)
			if got.Reason != None {
				got = Packet{Reason: got.Reason}
			}
			if got != c.want {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
		})
	}
}

func TestReferenceTakesTheOuterTag(t *testing.T) {
	frame, err := hex.DecodeString("020000000001020000000002" + "88a80064" + "8100000a" + "0800" +
		"4500001c000100004011" + "0000c0000201c6336402" + "04d2003500080000")
	if err != nil {
		t.Fatal(err)
	}
	if got := Ethernet(frame); got.Reason != None || got.Key.VLAN != 100 || got.Key.DestinationPort != 53 {
		t.Errorf("got %+v", got)
	}
	if got := Ethernet(frame, 7); got.Reason != VLANDepth {
		t.Errorf("with a third tag beside the frame: got %+v", got)
	}
}
