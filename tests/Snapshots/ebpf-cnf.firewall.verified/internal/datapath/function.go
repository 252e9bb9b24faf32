// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"context"
	"fmt"
	"log/slog"
	"math/bits"
	"sync"

	"github.com/cilium/ebpf"
	"github.com/spf13/pflag"

	"example.com/my-cnf/internal/firewall"
)

// FunctionName is what logs and metrics call this function.
const FunctionName = "firewall"

// FunctionMetrics are counted by the function itself.
var FunctionMetrics = []Metric{
	{Name: "rule_packets", Help: "Packets by the rule that decided about them: its name, or its number; default if none did, established if a connection was allowed earlier.", Labels: []string{"rule", "action"}},
	{Name: "rule_bytes", Help: "Bytes by the rule that decided about them, as the hook sees them.", Labels: []string{"rule", "action"}},
	{Name: "connections", Help: "Connections whose replies pass.", Gauge: true},
	{Name: "connection_capacity", Help: "Connections that the table has room for.", Gauge: true},
}

// FunctionOptions are what a person chooses about the function.
type FunctionOptions struct {
	// Rules is the file with the rules. Without one, everything passes.
	Rules string
	// MaxConnections is how many connections are remembered.
	MaxConnections uint32
	// DropSample is of how many dropped packets one is reported, 0 for none.
	DropSample uint32

	// policy is what Validate has read from the file, nil without one.
	policy *firewall.Policy
}

const largestMaxConnections = 1 << 24

// AddFlags adds the function's flags.
func (o *FunctionOptions) AddFlags(flags *pflag.FlagSet) {
	flags.StringVar(&o.Rules, "rules", "", "YAML `FILE` with the rules; without one, everything passes")
	flags.Uint32Var(&o.MaxConnections, "max-connections", 1<<16, "how many connections are remembered so that their replies pass, rounded up to a power of two; the one that would expire first makes room for a new one")
	flags.Uint32Var(&o.DropSample, "sample-drops", 1024, "with --events: report one of so many dropped packets, a power of two, for each rule and CPU; 0 for none")
}

// Validate reports the first option that cannot work, and reads the rules.
func (o *FunctionOptions) Validate() error {
	if o.MaxConnections == 0 || o.MaxConnections > largestMaxConnections {
		return fmt.Errorf("--max-connections %d: want a number between 1 and %d; rules that say stateful: false do without", o.MaxConnections, largestMaxConnections)
	}
	if bits.OnesCount32(o.DropSample) > 1 {
		return fmt.Errorf("--sample-drops %d: want 0 or a power of two", o.DropSample)
	}
	if o.Rules == "" {
		o.policy = nil
		return nil
	}
	var err error
	o.policy, err = firewall.Load(o.Rules)
	return err
}

func (o *FunctionOptions) configure(spec *ebpf.CollectionSpec) error {
	if err := spec.Variables["drop_sample"].Set(o.DropSample); err != nil {
		return fmt.Errorf("set drop_sample: %w", err)
	}
	return firewall.ConfigureConnections(spec, o.MaxConnections)
}

// pinnedMaps keeps connections through a restart. Rules are not kept: the new program has its own, complete
// before it is attached, and the old one goes on with the old ones.
func (*FunctionOptions) pinnedMaps(maps *bpfMaps) map[string]*ebpf.Map {
	return map[string]*ebpf.Map{"connections": maps.Connections, "connection_keys": maps.ConnectionKeys}
}

// packetFilter is the firewall at work.
type packetFilter struct {
	store             *firewall.Store
	hits, connections *ebpf.Map
	capacity          uint32
	log               *slog.Logger

	mu     sync.Mutex
	policy *firewall.Policy
	slots  firewall.Slots
}

func newFunction(options FunctionOptions, objects *bpfObjects, log *slog.Logger) (function, error) {
	store, err := firewall.NewStore(map[string]*ebpf.Map{
		"policies":       objects.Policies,
		"policy_spaces":  objects.PolicySpaces,
		"policy_numbers": objects.PolicyNumbers,
		"policy_steps":   objects.PolicySteps,
		"policy_cells":   objects.PolicyCells,
		"policy_sets":    objects.PolicySets,
	}, objects.PolicyActive)
	if err != nil {
		return nil, err
	}
	f := &packetFilter{
		store:       store,
		hits:        objects.Hits,
		connections: objects.Connections,
		capacity:    firewall.Capacity(options.MaxConnections),
		log:         log,
	}
	return f, f.install(options.policy)
}

func (*packetFilter) run(ctx context.Context) error { return waitForEnd(ctx) }

// reload reads the rules again, also if their file has the same name.
func (f *packetFilter) reload(options FunctionOptions) ([]string, error) {
	return []string{"rules"}, f.install(options.policy)
}

// install puts a policy, nil for none, in the place of the one that counts.
func (f *packetFilter) install(policy *firewall.Policy) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	enabled := policy != nil
	if !enabled {
		policy = &firewall.Policy{Default: firewall.Allow}
	}
	slots, fresh := f.slots.Assign(policy)
	table, err := firewall.Compile(policy, slots)
	if err != nil {
		return err
	}
	if !enabled {
		table.Header.Enabled = 0
	}
	if err := f.zero(fresh); err != nil {
		return err
	}
	if err := f.store.Install(table); err != nil {
		return err
	}
	f.policy, f.slots = policy, slots
	f.log.Info("rules in place", "rules", len(policy.Rules), "default", policy.Default, "stateful", policy.Stateful)
	return nil
}

func (f *packetFilter) zero(slots []uint32) error {
	cpus, err := ebpf.PossibleCPU()
	if err != nil {
		return err
	}
	if len(slots) == 0 {
		return nil
	}
	if _, err := f.hits.BatchUpdate(slots, make([]Total, len(slots)*cpus), nil); err != nil {
		return fmt.Errorf("reset counters of rules: %w", err)
	}
	return nil
}
