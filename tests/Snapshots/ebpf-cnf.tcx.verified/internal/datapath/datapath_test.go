// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"example.com/my-cnf/internal/doctor"
	"example.com/my-cnf/internal/flows"
)

func testNames(t *testing.T) (Names, *ebpf.CollectionSpec) {
	t.Helper()
	spec, err := Spec()
	if err != nil {
		t.Fatal(err)
	}
	names, err := NamesOf(spec)
	if err != nil {
		t.Fatal(err)
	}
	return names, spec
}

func TestNamesComeFromTheObject(t *testing.T) {
	names, spec := testNames(t)
	if want := []string{"ingress", "egress"}; !slices.Equal(names.Directions, want) {
		t.Errorf("directions %q, want %q", names.Directions, want)
	}
	want := []string{"pass", "drop"}
	if !slices.Equal(names.Verdicts, want) {
		t.Errorf("verdicts %q, want %q", names.Verdicts, want)
	}
	if names.Reasons[0] != "none" || !slices.Contains(names.Reasons, "bad_ipv4_header") || slices.Contains(names.Reasons, "count") {
		t.Errorf("reasons %q", names.Reasons)
	}
	totals, err := names.totals(make([]Total, spec.Maps["totals"].MaxEntries))
	if err != nil {
		t.Fatal(err)
	}
	last := totals[len(totals)-1]
	if last.Direction != "egress" || last.Verdict != want[len(want)-1] || last.Reason != names.Reasons[len(names.Reasons)-1] {
		t.Errorf("the last total is %+v", last)
	}
}

// What is pinned must be there under these names in every version.
func TestPinnedMapsExist(t *testing.T) {
	_, spec := testNames(t)
	for name := range pinnedMaps(&bpfMaps{}) {
		if spec.Maps[name] == nil {
			t.Errorf("map %s is missing", name)
		}
	}
	if spec.Variables["events_enabled"] == nil {
		t.Error("variable events_enabled is missing")
	}
}

// A hole in the key would be hashed with whatever the stack held.
func TestFlowKeyHasNoHoles(t *testing.T) {
	if size := unsafe.Sizeof(FlowKey{}); size != 40 || binary.Size(FlowKey{}) != 40 {
		t.Errorf("size %d, without holes %d, want 40", size, binary.Size(FlowKey{}))
	}
}

func sampleEntry() (FlowKey, FlowStats) {
	var key FlowKey
	key.Saddr.In6U.U6Addr8 = netip.MustParseAddr("::ffff:192.0.2.1").As16()
	key.Daddr.In6U.U6Addr8 = netip.MustParseAddr("2001:db8::1").As16()
	key.Sport = networkOrder(40000)
	key.Dport = networkOrder(443)
	key.Vlan, key.Protocol, key.Direction = 7, 6, 1
	return key, FlowStats{Packets: 3, Bytes: 180, FirstSeenNs: 1e9, LastSeenNs: 2e9, TcpFlags: 0x12}
}

func networkOrder(port uint16) uint16 {
	var bytes [2]byte
	binary.BigEndian.PutUint16(bytes[:], port)
	return binary.NativeEndian.Uint16(bytes[:])
}

func TestDecode(t *testing.T) {
	names, _ := testNames(t)
	boot := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	key, stats := sampleEntry()
	want := flows.Flow{
		Source: netip.MustParseAddr("192.0.2.1"), SourcePort: 40000,
		Destination: netip.MustParseAddr("2001:db8::1"), DestinationPort: 443,
		Protocol: flows.TCP, VLAN: 7, Direction: "egress", Packets: 3, Bytes: 180,
		FirstSeen: boot.Add(time.Second), LastSeen: boot.Add(2 * time.Second), TCPFlags: 0x12,
	}
	if got := Decode(key, stats, boot, names); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestDecodeEvent(t *testing.T) {
	names, _ := testNames(t)
	key, stats := sampleEntry()
	raw := FlowEvent{Key: key, Stats: stats, TimestampNs: 5e9, Kind: uint32(bpfFlowEventKindFLOW_CLOSED)}
	var sample bytes.Buffer
	if err := binary.Write(&sample, binary.NativeEndian, &raw); err != nil {
		t.Fatal(err)
	}
	boot := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	event, err := decodeEvent(sample.Bytes(), boot, names)
	if err != nil {
		t.Fatal(err)
	}
	if event.Kind != FlowClosed || event.Time != boot.Add(5*time.Second) || event.Flow.Packets != 3 {
		t.Errorf("got %+v", event)
	}
	if _, err := decodeEvent(sample.Bytes()[:10], boot, names); err == nil {
		t.Error("a short event is accepted")
	}
}

func TestEntriesNeverFallBelowNone(t *testing.T) {
	for _, c := range []struct{ inserted, evicted, want uint64 }{{10, 3, 7}, {10, 10, 0}, {10, 11, 0}} {
		if got := (Counters{FlowsInserted: c.inserted, FlowsEvicted: c.evicted}).Entries(); got != c.want {
			t.Errorf("%+v: got %d", c, got)
		}
	}
}

func TestOptionsValidate(t *testing.T) {
	for name, options := range map[string]Options{
		"too many flows":   {MaxFlows: largestMaxFlows + 1},
		"relative pin":     {MaxFlows: 1, Pin: "pins"},
		"keep without pin": {MaxFlows: 1, OnExit: Keep},
	} {
		if err := options.Validate(); err == nil || strings.Contains(err.Error(), "--"+TargetKind) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	var policy ExitPolicy
	if err := policy.Set("leave"); err == nil {
		t.Error("an unknown policy is accepted")
	}
}

func TestExplain(t *testing.T) {
	anyone := doctor.Requirements{Kernel: doctor.Version{Major: 2, Minor: 6}}
	if explain("load", nil, anyone) != nil {
		t.Error("no error is explained")
	}
	future := doctor.Requirements{Kernel: doctor.Version{Major: 999}}
	err := explain("load", fmt.Errorf("attach: %w", unix.EINVAL), future)
	if !errors.Is(err, unix.EINVAL) || !strings.Contains(err.Error(), "run 999.0 or newer") {
		t.Errorf("got %v", err)
	}
	verifier := fmt.Errorf("load: %w", &ebpf.VerifierError{Cause: unix.EACCES})
	if err := explain("load", verifier, future); err.Error() != verifier.Error() {
		t.Errorf("the verifier's refusal is taken for something else: %v", err)
	}
	if err := explain("load", unix.ENOMEM, anyone); !strings.Contains(err.Error(), "--max-flows") {
		t.Errorf("got %v", err)
	}
}
