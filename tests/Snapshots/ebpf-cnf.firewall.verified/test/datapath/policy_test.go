// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"maps"
	"net/netip"
	"testing"

	"example.com/my-cnf/internal/firewall"
)

func policyOf(t *testing.T, content string) *firewall.Policy {
	t.Helper()
	policy, err := firewall.Parse("rules.yaml", []byte(content))
	must(t, err)
	return policy
}

// What the parser objects to is left to the default action, and is counted with the parser's reason.
func TestPacketsThatAreNotUnderstood(t *testing.T) {
	each(t, func(t *testing.T, r *rig, e entry) {
		f := newFilter(t, r)
		for _, action := range []firewall.Action{firewall.Allow, firewall.Deny} {
			f.install(t, policyOf(t, "default: "+action.String()+"\nstateful: false\nrules:\n  - {action: allow, protocol: tcp}\n"))
			r.takeTotals(t)
			want := map[totalKey]uint64{}
			for _, input := range e.inputs(t) {
				verdict := firewall.Allow
				reason := e.decode(input.frame).Reason
				if reason != "none" && reason != "not_ip" {
					verdict = action
				}
				if reason == "none" && e.decode(input.frame).Key.Protocol != 6 {
					verdict = action
					if action == firewall.Deny {
						reason = "denied"
					}
				}
				got, ran := f.runFrame(t, e, input.frame)
				if !ran {
					continue
				}
				if got != verdict {
					t.Errorf("by default %s, %s: %s, want %s", action, input.name, got, verdict)
				}
				want[totalKey{e.direction, map[firewall.Action]string{firewall.Allow: "pass", firewall.Deny: "drop"}[verdict], reason}]++
			}
			got := map[totalKey]uint64{}
			for key, total := range r.takeTotals(t) {
				got[key] = total.packets
			}
			if !maps.Equal(got, want) {
				t.Errorf("by default %s: got %v, want %v", action, got, want)
			}
		}
	})
}

func TestLaterFragments(t *testing.T) {
	r := load(t, small)
	f := newFilter(t, r)
	packet := firewall.Packet{
		Direction: map[string]firewall.Direction{"ingress": firewall.Ingress, "egress": firewall.Egress}[entries[0].direction],
		Protocol:  17, Source: netip.MustParseAddr("192.0.2.1"), Destination: netip.MustParseAddr("192.0.2.2"), LaterFragment: true,
	}
	for rules, want := range map[string]firewall.Action{
		"default: deny\nrules:\n  - {action: allow, protocol: udp, destination-port: 0-65535}\n":                firewall.Deny,
		"default: allow\nrules:\n  - {action: deny, protocol: udp, source-port: 0}\n":                           firewall.Allow,
		"default: deny\nrules:\n  - {action: allow, protocol: udp}\n":                                           firewall.Allow,
		"default: deny\nrules:\n  - {action: allow, protocol: udp, fragments: true}\n":                          firewall.Allow,
		"default: deny\nrules:\n  - {action: allow, protocol: tcp, fragments: true}\n":                          firewall.Deny,
		"default: allow\nrules:\n  - {action: deny, fragments: true}\n  - {action: allow, source: 192.0.2.1}\n": firewall.Deny,
	} {
		f.install(t, policyOf(t, rules))
		if got, _ := f.run(t, entries[0], packet); got != want {
			t.Errorf("%q: %s, want %s", rules, got, want)
		}
	}
}

// Two policies allow the same packet by rules that have nothing in common but the tables that they are in. While
// they take turns as fast as they can, a packet that saw a mix would be denied.
func TestPacketsNeverSeeAMixOfTwoPolicies(t *testing.T) {
	changes := 300
	if testing.Short() {
		changes /= 10
	}
	r := load(t, small)
	f := newFilter(t, r)
	policies := []*firewall.Policy{
		policyOf(t, "default: deny\nstateful: false\nrules:\n  - {action: deny, protocol: tcp}\n  - {action: allow, source: 192.0.2.1, protocol: udp, destination-port: 53}\n"),
		policyOf(t, "default: deny\nstateful: false\nrules:\n  - {name: a, action: allow, destination: 198.51.100.0/24, source: [192.0.2.0/24, 10.0.0.0/8], protocol: udp, source-port: 1000-2000}\n"),
	}
	f.install(t, policies[0])
	packet := frameOf(firewall.Packet{
		Protocol: 17, Source: netip.MustParseAddr("192.0.2.1"), Destination: netip.MustParseAddr("198.51.100.9"),
		SourcePort: 1500, DestinationPort: 53,
	})
	stop, stopped := make(chan struct{}), make(chan int)
	go func() {
		defer close(stopped)
		for packets := 0; ; packets++ {
			select {
			case <-stop:
				stopped <- packets
				return
			default:
			}
			if got, _ := f.runFrame(t, entries[0], packet); got != firewall.Allow {
				t.Errorf("packet %d is denied", packets)
			}
		}
	}()
	for i := range changes {
		policy := policies[(i+1)%2]
		slots, _ := firewall.Slots{}.Assign(policy)
		table, err := firewall.Compile(policy, slots)
		must(t, err)
		must(t, f.store.Install(table))
	}
	close(stop)
	if packets := <-stopped; packets < changes {
		t.Errorf("only %d packets saw %d changes, which proves little", packets, changes)
	} else {
		t.Logf("%d packets saw %d changes", packets, changes)
	}
}
