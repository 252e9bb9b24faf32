// SPDX-License-Identifier: Apache-2.0

package flows

import (
	"encoding/json"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func sample() Flow {
	return Flow{
		Source: netip.MustParseAddr("192.0.2.1"), SourcePort: 40000,
		Destination: netip.MustParseAddr("2001:db8::1"), DestinationPort: 443,
		Protocol: TCP, VLAN: 7, Direction: "ingress", Packets: 3, Bytes: 180,
		FirstSeen: noon.Add(-90 * time.Second), LastSeen: noon.Add(-2 * time.Second),
		TCPFlags: 0x12,
	}
}

func TestJSONRoundTrip(t *testing.T) {
	var out strings.Builder
	if err := WriteJSON(&out, []Flow{sample()}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"source": "192.0.2.1"`, `"source_port": 40000`, `"destination": "2001:db8::1"`, `"destination_port": 443`,
		`"protocol": "tcp"`, `"vlan": 7`, `"direction": "ingress"`, `"packets": 3`, `"bytes": 180`,
		`"first_seen": "2026-01-02T11:58:30Z"`, `"last_seen": "2026-01-02T11:59:58Z"`, `"tcp_flags": "SYN|ACK"`,
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s is not in\n%s", want, out.String())
		}
	}
	var back []Flow
	if err := json.Unmarshal([]byte(out.String()), &back); err != nil {
		t.Fatal(err)
	}
	if len(back) != 1 || back[0] != sample() {
		t.Errorf("got %+v", back)
	}
}

func TestWriteJSONOfNoFlowIsAnEmptyArray(t *testing.T) {
	var out strings.Builder
	if err := WriteJSON(&out, nil); err != nil {
		t.Fatal(err)
	}
	if out.String() != "[]\n" {
		t.Errorf("got %q", out.String())
	}
}

func TestWriteTable(t *testing.T) {
	ping := sample()
	ping.Protocol, ping.SourcePort, ping.DestinationPort, ping.VLAN, ping.TCPFlags = ICMPv6, 0, 0x8000, 0, 0
	var out strings.Builder
	if err := WriteTable(&out, []Flow{sample(), ping}, noon); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 3 {
		t.Fatalf("got %d lines:\n%s", len(lines), out.String())
	}
	want := []string{"tcp", "192.0.2.1:40000", "[2001:db8::1]:443", "ingress", "7", "3", "180", "1m30s", "2s", "SYN|ACK"}
	if got := strings.Fields(lines[1]); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if !strings.Contains(lines[2], "2001:db8::1 type 128 code 0") {
		t.Errorf("type and code are missing: %s", lines[2])
	}
}

func TestProtocolText(t *testing.T) {
	for number, text := range map[Protocol]string{ICMP: "icmp", UDP: "udp", SCTP: "sctp", 47: "47", 255: "255"} {
		if number.String() != text {
			t.Errorf("%d is %q, want %q", uint8(number), number, text)
		}
		var back Protocol
		if err := back.UnmarshalText([]byte(text)); err != nil || back != number {
			t.Errorf("%q parses as %d, %v", text, uint8(back), err)
		}
	}
	if err := new(Protocol).UnmarshalText([]byte("256")); err == nil {
		t.Error("protocol 256 was accepted")
	}
}

func TestTCPFlagsRefusesUnknownNames(t *testing.T) {
	if err := new(TCPFlags).UnmarshalText([]byte("SYN|ECHO")); err == nil {
		t.Error("an unknown flag was accepted")
	}
}

func TestSortPutsMostBytesFirst(t *testing.T) {
	small, big := sample(), sample()
	small.Bytes, big.Bytes = 1, 2
	list := []Flow{small, big}
	Sort(list)
	if list[0].Bytes != 2 {
		t.Errorf("got %+v", list)
	}
}
