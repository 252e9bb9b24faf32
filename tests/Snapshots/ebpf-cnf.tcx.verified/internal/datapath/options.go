// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/cilium/ebpf"
	"github.com/spf13/pflag"
)

// Options are what a person chooses about the data path.
type Options struct {
	Hook     HookOptions
	Function FunctionOptions

	// MaxFlows bounds the flow table. The kernel reserves its memory at load. With 0
	// no flow is recorded, and packets do not pay for it.
	MaxFlows uint32
	// Pin is a folder in a BPF file system. What is pinned there outlives the
	// process and is updated in place by the next one. Optional.
	Pin string
	// OnExit is what happens to pinned links and maps when run ends.
	OnExit ExitPolicy
	// Events makes the programs report new and closed flows.
	Events bool
}

// ExitPolicy says whether programs stay attached after run.
type ExitPolicy string

const (
	Detach ExitPolicy = "detach"
	Keep   ExitPolicy = "keep"
)

func (p ExitPolicy) String() string { return string(p) }

func (ExitPolicy) Type() string { return string(Detach) + "|" + string(Keep) }

// Set makes a policy a flag.
func (p *ExitPolicy) Set(value string) error {
	switch policy := ExitPolicy(value); policy {
	case Detach, Keep:
		*p = policy
		return nil
	}
	return fmt.Errorf("want %s or %s", Detach, Keep)
}

const (
	defaultMaxFlows = 1 << 16
	largestMaxFlows = 1 << 24
)

// AddFlags adds the flags of the run command.
func (o *Options) AddFlags(flags *pflag.FlagSet) {
	o.OnExit = Detach
	o.Hook.AddFlags(flags)
	o.Function.AddFlags(flags)
	flags.Uint32Var(&o.MaxFlows, "max-flows", defaultMaxFlows, "flows that the table is made for; in a full part of it the one not seen for longest makes room for a new one; 0 for no table, which makes packets faster")
	flags.StringVar(&o.Pin, "pin", "", "folder in a BPF file system, such as /sys/fs/bpf/my-cnf; a restart with the same folder takes over without a gap")
	flags.Var(&o.OnExit, "on-exit", "with --pin: whether programs stay attached when run ends")
}

// Validate reports the first option that cannot work. It needs no privilege.
func (o *Options) Validate() error {
	if o.MaxFlows > largestMaxFlows {
		return fmt.Errorf("--max-flows %d: want a number between 0 and %d", o.MaxFlows, largestMaxFlows)
	}
	if o.Pin != "" && !filepath.IsAbs(o.Pin) {
		return fmt.Errorf("--pin %s: want an absolute path, such as /sys/fs/bpf/my-cnf", o.Pin)
	}
	if o.Pin == "" && o.OnExit == Keep {
		return errors.New("--on-exit keep needs --pin: what is not pinned ends with the process")
	}
	if err := o.Function.Validate(); err != nil {
		return err
	}
	return o.Hook.Validate()
}

// configure sets in the objects what the kernel can not change after the load.
func (o *Options) configure(spec *ebpf.CollectionSpec) error {
	if err := SizeFlowTable(spec, o.MaxFlows); err != nil {
		return err
	}
	if err := spec.Variables["events_enabled"].Set(o.Events); err != nil {
		return fmt.Errorf("set events_enabled: %w", err)
	}
	if err := o.Function.configure(spec); err != nil {
		return err
	}
	return o.Hook.configure(spec)
}
