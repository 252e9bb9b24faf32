// SPDX-License-Identifier: Apache-2.0

package bpfmaps

import (
	"errors"
	"net/netip"
	"sync"
	"testing"

	"github.com/cilium/ebpf"
)

func TestInterfaces(t *testing.T) {
	c := load(t, loadInterfaces)
	for range 3 {
		run(t, c.Programs["count_interface"], frame("192.0.2.1"))
	}
	all, err := allTraffic(c.Maps["interfaces"])
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 1 {
		t.Fatalf("%d interfaces, want 1", len(all))
	}
	for index := range all {
		traffic, err := trafficOf(c.Maps["interfaces"], index)
		if err != nil || traffic.Packets != 3 || traffic.Bytes != 3*64 {
			t.Errorf("interface %d: %+v, %v, want 3 packets of 64 bytes", index, traffic, err)
		}
	}
	if traffic, err := trafficOf(c.Maps["interfaces"], 1<<20); err != nil || traffic.Packets != 0 {
		t.Errorf("unknown interface: %+v, %v", traffic, err)
	}
}

func TestInterfacesCountWhatFindsNoRoom(t *testing.T) {
	c := load(t, loadInterfaces, func(spec *ebpf.CollectionSpec) { spec.Maps["interfaces"].MaxEntries = 1 })
	put(t, c.Maps["interfaces"], uint32(1<<20), interfacesTraffic{})
	run(t, c.Programs["count_interface"], frame("192.0.2.1"))
	if uncounted := value[uint64](t, c, "uncounted"); uncounted != 1 {
		t.Errorf("%d packets uncounted, want 1", uncounted)
	}
}

func rules(t *testing.T, prefixes map[string]bool) []rule {
	t.Helper()
	var list []rule
	for prefix, drop := range prefixes {
		list = append(list, rule{netip.MustParsePrefix(prefix), drop})
	}
	return list
}

func TestReplaceRules(t *testing.T) {
	var template *ebpf.MapSpec
	c := load(t, loadRuleset, func(spec *ebpf.CollectionSpec) { template = spec.Maps["rulesets"].InnerMap })
	replace := func(prefixes map[string]bool) {
		if err := replaceRules(c.Maps["rulesets"], template, rules(t, prefixes)); err != nil {
			t.Fatal(err)
		}
	}
	want := func(source string, verdict uint32) {
		t.Helper()
		if got := run(t, c.Programs["filter"], frame(source)); got != verdict {
			t.Errorf("%s: verdict %d, want %d", source, int32(got), int32(verdict))
		}
	}

	want("10.1.2.3", unspec) // no rules yet
	// The longest prefix that matches decides, not the first.
	replace(map[string]bool{"10.0.0.0/8": true, "10.1.0.0/16": false, "2001:db8::/32": true})
	want("10.2.2.3", shot)
	want("10.1.2.3", unspec)
	want("11.1.2.3", unspec)
	replace(map[string]bool{"11.0.0.0/8": true})
	want("10.2.2.3", unspec)
	want("11.1.2.3", shot)
}

// Every packet meets a whole set: either of them drops exactly one of two sources.
func TestReplaceRulesWhilePacketsPass(t *testing.T) {
	var template *ebpf.MapSpec
	c := load(t, loadRuleset, func(spec *ebpf.CollectionSpec) { template = spec.Maps["rulesets"].InnerMap })
	sets := [][]rule{rules(t, map[string]bool{"10.0.0.0/8": true}), rules(t, map[string]bool{"0.0.0.0/0": true, "11.0.0.0/8": false})}
	if err := replaceRules(c.Maps["rulesets"], template, sets[0]); err != nil {
		t.Fatal(err)
	}

	var replacer sync.WaitGroup
	replacer.Go(func() {
		for i := range 50 {
			if err := replaceRules(c.Maps["rulesets"], template, sets[i%2]); err != nil {
				t.Error(err)
			}
		}
	})
	for range 1000 {
		if got := run(t, c.Programs["filter"], frame("10.1.2.3")); got != shot {
			t.Errorf("verdict %d in the middle of a change", int32(got))
			break
		}
	}
	replacer.Wait()
}

func TestPorts(t *testing.T) {
	c := load(t, loadPorts)
	for _, port := range []uint32{40000, 40001} {
		// A queue has no keys.
		put(t, c.Maps["free_ports"], nil, port)
	}
	take := func() uint32 {
		run(t, c.Programs["take_port"], frame("192.0.2.1"))
		return value[uint32](t, c, "port")
	}
	if first, second, third := take(), take(), take(); first != 40000 || second != 40001 || third != 0 {
		t.Errorf("took %d, %d, %d", first, second, third)
	}
	if exhausted := value[uint64](t, c, "exhausted"); exhausted != 1 {
		t.Errorf("exhausted %d times, want 1", exhausted)
	}

	put(t, c.Maps["free_ports"], nil, uint32(40002))
	take()
	run(t, c.Programs["return_port"], frame("192.0.2.1"))
	var port uint32
	if err := c.Maps["free_ports"].LookupAndDelete(nil, &port); err != nil || port != 40002 {
		t.Errorf("popped %d, %v", port, err)
	}
	if err := c.Maps["free_ports"].LookupAndDelete(nil, &port); !errors.Is(err, ebpf.ErrKeyNotExist) {
		t.Errorf("popped from an empty queue: %v", err)
	}
}

func TestBloom(t *testing.T) {
	c := load(t, loadBloom)
	blocked := netip.MustParseAddr("192.0.2.1").As4()
	put(t, c.Maps["maybe_blocked"], nil, blocked)
	put(t, c.Maps["blocked"], blocked, uint8(1))
	if verdict := run(t, c.Programs["drop_blocked"], frame("192.0.2.1")); verdict != shot {
		t.Errorf("blocked address: verdict %d", int32(verdict))
	}
	for i := range 256 {
		address := netip.AddrFrom4([4]byte{198, 51, 100, byte(i)})
		if verdict := run(t, c.Programs["drop_blocked"], frame(address.String())); verdict != unspec {
			t.Errorf("%s: verdict %d", address, int32(verdict))
		}
	}
	// One entry in a filter for 65536: a false "maybe" is next to impossible.
	if lookups := value[uint64](t, c, "hash_lookups"); lookups > 2 {
		t.Errorf("asked the table %d times, want once", lookups)
	}
	if err := c.Maps["maybe_blocked"].Delete(blocked); err == nil {
		t.Error("deleted from a bloom filter")
	}
}

func TestStages(t *testing.T) {
	c := load(t, loadStages)
	entry, packet := c.Programs["entry"], frame("192.0.2.1")
	if verdict := run(t, entry, packet); verdict != shot {
		t.Errorf("verdict %d, want the stage's", int32(verdict))
	}
	// Replacing one stage is atomic; so is taking it out.
	if err := c.Maps["stages"].Delete(uint32(0)); err != nil {
		t.Fatal(err)
	}
	if verdict := run(t, entry, packet); verdict != unspec {
		t.Errorf("verdict %d without a stage", int32(verdict))
	}
	if missed := value[uint64](t, c, "no_policy"); missed != 1 {
		t.Errorf("missed %d times, want 1", missed)
	}
}

func TestConfig(t *testing.T) {
	c := load(t, loadConfig, func(spec *ebpf.CollectionSpec) {
		if err := spec.Variables["max_length"].Set(uint32(63)); err != nil {
			t.Fatal(err)
		}
	})
	program, packet := c.Programs["limit_length"], frame("192.0.2.1")
	if verdict := run(t, program, packet); verdict != shot {
		t.Errorf("verdict %d for a packet of 64 bytes", int32(verdict))
	}
	if err := c.Variables["paused"].Set(uint64(1)); err != nil {
		t.Fatal(err)
	}
	if verdict := run(t, program, packet); verdict != unspec {
		t.Errorf("verdict %d while paused", int32(verdict))
	}
	if count := value[uint64](t, c, "too_long"); count != 1 {
		t.Errorf("%d packets too long, want 1", count)
	}
	if err := c.Variables["max_length"].Set(uint32(1)); !errors.Is(err, ebpf.ErrReadOnly) {
		t.Errorf("changed a constant: %v", err)
	}
}

func TestBucket(t *testing.T) {
	c := load(t, loadBucket)
	program, packet := c.Programs["take_token"], frame("192.0.2.1")
	if verdict := run(t, program, packet); verdict != unspec {
		t.Fatalf("verdict %d without a bucket", int32(verdict))
	}
	// BPF_PROG_RUN lends the packet the loopback device of the namespace.
	ifindex := uint32(1)
	if err := c.Maps["buckets"].Update(ifindex, bucketBucket{Tokens: 2}, ebpf.UpdateAny); err != nil {
		t.Fatal(err)
	}
	for i, want := range []uint32{unspec, unspec, shot} {
		if verdict := run(t, program, packet); verdict != want {
			t.Errorf("packet %d: verdict %d, want %d", i, int32(verdict), int32(want))
		}
	}
	// Under the lock: all fields of one moment, and a change that no program can miss half of.
	if err := c.Maps["buckets"].Update(ifindex, bucketBucket{Tokens: 1}, ebpf.UpdateExist|ebpf.UpdateLock); err != nil {
		t.Fatal(err)
	}
	var bucket bucketBucket
	if err := c.Maps["buckets"].LookupWithFlags(ifindex, &bucket, ebpf.LookupLock); err != nil || bucket.Tokens != 1 {
		t.Errorf("%+v, %v", bucket, err)
	}
}

func TestScratch(t *testing.T) {
	c := load(t, loadScratch)
	packet := make([]byte, 1200)
	packet[1023] = 0xa5
	run(t, c.Programs["copy_packet"], packet)
	var perCPU []scratchCopy
	if err := c.Maps["scratch"].Lookup(uint32(0), &perCPU); err != nil {
		t.Fatal(err)
	}
	copies := 0
	for _, copied := range perCPU {
		if copied.Bytes[1023] == 0xa5 {
			copies++
		}
	}
	if copies != 1 {
		t.Errorf("%d CPUs have a copy, want 1", copies)
	}
}
