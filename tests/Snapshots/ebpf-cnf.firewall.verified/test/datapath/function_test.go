// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"example.com/my-cnf/internal/firewall"
)

// packetsPerPolicy times 200 policies are 100,000 packets. For the full product, which takes minutes:
// make test-datapath TESTFLAGS='-test.run Differential -packets 100000'.
var packetsPerPolicy = flag.Int("packets", 500, "random packets for each of 200 random policies")

const randomPolicies = 200

// Every packet must get the verdict of the plain reading of the rules, and be counted for the same rule. The
// programs are the real ones, run by the kernel.
func TestDifferentialOfPolicies(t *testing.T) {
	policies := randomPolicies
	if testing.Short() {
		policies /= 10
	}
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("CNF_SEED"); text != "" {
		var err error
		seed, err = strconv.ParseUint(text, 10, 64)
		must(t, err)
	}
	t.Logf("CNF_SEED=%d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	r := load(t, small)
	f := newFilter(t, r)
	denied, byRule := 0, 0
	for range policies {
		world := newWorld(random)
		policy := world.policy()
		f.install(t, policy)
		want := map[string]uint64{}
		for range *packetsPerPolicy {
			e := entries[random.IntN(len(entries))]
			packet := world.packet(policy, e.direction)
			action, rule := policy.Match(packet)
			got, ran := f.run(t, e, packet)
			if !ran {
				continue
			}
			if got != action {
				t.Fatalf("%s: %s for %+v, want %s", e.program, got, packet, policy.Explain(packet))
			}
			label := firewall.LabelDefault
			if rule >= 0 {
				label = policy.Label(rule)
				byRule++
			}
			if action == firewall.Deny {
				denied++
			}
			want[label]++
		}
		f.expectHits(t, want)
	}
	total := policies * *packetsPerPolicy
	t.Logf("%d packets, of which %d met a rule and %d were denied", total, byRule, denied)
	if byRule < total/4 || denied < total/10 {
		t.Error("too few packets met a rule or were denied, which proves little")
	}
}

// filter is the firewall, without its process.
type filter struct {
	*rig
	store  *firewall.Store
	slots  firewall.Slots
	policy *firewall.Policy
}

func newFilter(t *testing.T, r *rig) *filter {
	t.Helper()
	store, err := firewall.NewStore(r.Maps, r.Variables["policy_active"])
	must(t, err)
	return &filter{rig: r, store: store}
}

func (f *filter) install(t *testing.T, policy *firewall.Policy) {
	t.Helper()
	slots, _ := f.slots.Assign(policy)
	table, err := firewall.Compile(policy, slots)
	must(t, err)
	must(t, f.store.Install(table))
	f.policy, f.slots = policy, slots
	takeArray[[2]uint64](t, f.Maps["hits"])
}

func (f *filter) run(t *testing.T, e entry, packet firewall.Packet) (firewall.Action, bool) {
	t.Helper()
	return f.runFrame(t, e, frameOf(packet))
}

func (f *filter) runFrame(t *testing.T, e entry, frame []byte) (firewall.Action, bool) {
	t.Helper()
	input := e.input(frame)
	action, err := f.Programs[e.program].Run(&ebpf.RunOptions{Data: input, Repeat: 1})
	if errors.Is(err, unix.EINVAL) && e.refused(input) {
		return 0, false
	}
	must(t, err)
	if action == e.pass {
		return firewall.Allow, true
	}
	return firewall.Deny, true
}

// hits returns what was counted since it was last asked, by label.
func (f *filter) hits(t *testing.T) map[string]uint64 {
	t.Helper()
	labels := map[uint32]string{firewall.SlotDefault: firewall.LabelDefault, firewall.SlotEstablished: firewall.LabelEstablished}
	for label, slot := range f.slots {
		labels[slot] = label
	}
	hits := map[string]uint64{}
	for slot, cpus := range takeArray[[2]uint64](t, f.Maps["hits"]) {
		for _, cpu := range cpus {
			if cpu[0] > 0 {
				hits[labels[uint32(slot)]] += cpu[0]
			}
		}
	}
	return hits
}

func (f *filter) expectHits(t *testing.T, want map[string]uint64) {
	t.Helper()
	if got := f.hits(t); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("packets by rule:\ngot  %v\nwant %v", got, want)
	}
}
