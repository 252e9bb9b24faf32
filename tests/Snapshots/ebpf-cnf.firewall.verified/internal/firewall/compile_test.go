// SPDX-License-Identifier: Apache-2.0

package firewall

import (
	"fmt"
	"maps"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// The programs themselves are compared with Match in test/datapath. Here is what they cannot show.

func TestCompilingIsRepeatable(t *testing.T) {
	policy, err := Parse("rules.yaml", []byte(sample))
	if err != nil {
		t.Fatal(err)
	}
	slots, _ := Slots{}.Assign(policy)
	first, err := Compile(policy, slots)
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		again, err := Compile(policy, slots)
		if err != nil || !reflect.DeepEqual(first.Sets, again.Sets) || first.Header != again.Header {
			t.Fatalf("the same rules made another table, %v", err)
		}
	}
	policy.Rules[0].Action = Deny
	if other, err := Compile(policy, slots); err != nil || other.Header.Generation == first.Header.Generation {
		t.Errorf("other rules have the same generation, %v", err)
	}
}

func TestStateIsKeptOnlyWhereItMatters(t *testing.T) {
	for content, want := range map[string]uint32{
		"default: deny\n":                               1,
		"default: deny\nstateful: false\n":              0,
		"default: allow\n":                              0,
		"default: allow\nrules:\n  - {action: deny}\n":  1,
		"default: allow\nrules:\n  - {action: allow}\n": 0,
	} {
		policy, err := Parse("rules.yaml", []byte(content))
		if err != nil {
			t.Fatal(err)
		}
		slots, _ := Slots{}.Assign(policy)
		table, err := Compile(policy, slots)
		if err != nil {
			t.Fatal(err)
		}
		if table.Header.Stateful != want {
			t.Errorf("%q: stateful is %d, want %d", content, table.Header.Stateful, want)
		}
	}
}

// addresses are many different ones, some of them close to each other.
func addresses(count int) (list []netip.Prefix) {
	for i := range uint32(count) {
		x := i * 2654435761
		list = append(list, netip.PrefixFrom(netip.AddrFrom4([4]byte{byte(x >> 24), byte(x >> 16), byte(i >> 8), byte(i)}), 32))
	}
	return list
}

func TestLargeListsCompileQuickly(t *testing.T) {
	policy := &Policy{Default: Allow, Rules: []Rule{{Action: Deny, Sources: addresses(16000)}}}
	begun := time.Now()
	if _, err := Compile(policy, Slots{"1": 2}); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("16000 addresses took %s", took)
	}
	policy.Rules[0].Sources = addresses(60000)
	if _, err := Compile(policy, Slots{"1": 2}); err == nil || !strings.Contains(err.Error(), "too many prefixes") {
		t.Errorf("got %v", err)
	}
}

func TestTooManyDifferentRulesAreRefused(t *testing.T) {
	policy := &Policy{Default: Allow}
	slots := Slots{}
	for i := range MaxRules {
		rule := Rule{Action: Deny, Protocols: []uint8{tcp}}
		for j := range 6 {
			first := uint16((i*7919 + j*10007) % 60000)
			rule.SourcePorts = append(rule.SourcePorts, PortRange{first, first + 500})
		}
		policy.Rules = append(policy.Rules, rule)
		slots[policy.Label(i)] = uint32(i + 2)
	}
	if _, err := Compile(policy, slots); err == nil || !strings.Contains(err.Error(), "overlap") {
		t.Errorf("got %v", err)
	}
}

func TestSlotsStayWithTheirRules(t *testing.T) {
	policy := func(names ...string) *Policy {
		p := &Policy{}
		for _, name := range names {
			p.Rules = append(p.Rules, Rule{Name: name})
		}
		return p
	}
	first, fresh := Slots(nil).Assign(policy("a", "b", "c"))
	if !maps.Equal(first, Slots{"a": 2, "b": 3, "c": 4}) || !slices.Equal(fresh, []uint32{2, 3, 4}) {
		t.Errorf("got %v, fresh %v", first, fresh)
	}
	second, fresh := first.Assign(policy("c", "d", "a"))
	if !maps.Equal(second, Slots{"a": 2, "c": 4, "d": 5}) || !slices.Equal(fresh, []uint32{5}) {
		t.Errorf("got %v, fresh %v", second, fresh)
	}
	var all [2][]string
	for i := range MaxRules {
		all[0] = append(all[0], fmt.Sprint("old", i))
		all[1] = append(all[1], fmt.Sprint("new", i))
	}
	full, _ := Slots(nil).Assign(policy(all[0]...))
	if _, fresh := full.Assign(policy(all[1]...)); len(fresh) != MaxRules || slices.Max(fresh) >= SlotCount {
		t.Errorf("%d fresh slots, the highest %d", len(fresh), slices.Max(fresh))
	}
}

func TestConnectionTableIsAPowerOfTwo(t *testing.T) {
	for connections, want := range map[uint32]uint32{1: 8, 8: 8, 9: 16, 65536: 65536, 65537: 131072, 1 << 24: 1 << 24} {
		if got := Capacity(connections); got != want {
			t.Errorf("%d connections: room for %d, want %d", connections, got, want)
		}
	}
}
