// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/cilium/ebpf"
	"github.com/spf13/pflag"

	"example.com/my-cnf/internal/doctor"
	"example.com/my-cnf/internal/netdev"
	"example.com/my-cnf/internal/privilege"
)

const (
	// HookName is what logs and metrics call this hook.
	HookName = "tcx"
	// TargetKind is what the hook attaches to.
	TargetKind = "interface"
)

const (
	ingress = "ingress"
	egress  = "egress"
	both    = "both"
)

// HookOptions are what a person chooses about tcx.
type HookOptions struct {
	Devices netdev.Options
	// Direction is ingress, egress or both.
	Direction string
	// Anchor is head or tail: before or after the programs of others.
	Anchor string
}

// AddFlags adds the hook's flags.
func (o *HookOptions) AddFlags(flags *pflag.FlagSet) {
	o.Devices.AddFlags(flags)
	flags.StringVar(&o.Direction, "direction", both, "packets to look at: ingress, egress or both")
	flags.StringVar(&o.Anchor, "anchor", anchorTail, "place among the programs that are attached already: head or tail")
}

// Validate reports the first option that cannot work.
func (o *HookOptions) Validate() error {
	switch o.Direction {
	case ingress, egress, both:
	default:
		return fmt.Errorf("--direction %s: want %s, %s or %s", o.Direction, ingress, egress, both)
	}
	if o.Anchor != anchorHead && o.Anchor != anchorTail {
		return fmt.Errorf("--anchor %s: want %s or %s", o.Anchor, anchorHead, anchorTail)
	}
	return o.Devices.Require()
}

func (o *HookOptions) configure(*ebpf.CollectionSpec) error { return nil }

func (o *HookOptions) requirements() doctor.Requirements {
	return doctor.Requirements{
		Kernel:       doctor.Version{Major: 6, Minor: 1},
		Capabilities: []privilege.Capability{privilege.BPF, privilege.NetAdmin},
		Config:       []string{"CONFIG_BPF_SYSCALL", "CONFIG_NET_CLS_ACT"},
		Checks:       []doctor.Check{trafficControlCheck()},
	}
}

// tcxHook attaches to every interface that is wanted, on one side or both.
type tcxHook struct {
	direction string
	// ethernet and l3 hold the programs for devices with and without an Ethernet header.
	ethernet, l3 []tcProgram
	links        *Links
	traffic      *trafficControl
	watcher      *netdev.Watcher
}

func newHook(options HookOptions, objects *bpfObjects, links *Links, log *slog.Logger) (hook, error) {
	traffic, err := newTrafficControl(objects.TcxIngress, options.Anchor, links, log)
	if err != nil {
		return nil, err
	}
	h := &tcxHook{
		direction: options.Direction,
		ethernet: []tcProgram{
			{"tcx_ingress", objects.TcxIngress, ebpf.AttachTCXIngress, 0},
			{"tcx_egress", objects.TcxEgress, ebpf.AttachTCXEgress, 1},
		},
		l3: []tcProgram{
			{"tcx_ingress_l3", objects.TcxIngressL3, ebpf.AttachTCXIngress, 2},
			{"tcx_egress_l3", objects.TcxEgressL3, ebpf.AttachTCXEgress, 3},
		},
		links:   links,
		traffic: traffic,
	}
	h.watcher, err = netdev.NewWatcher(options.Devices, h, log)
	return h, err
}

func (h *tcxHook) attach(ctx context.Context) error {
	return errors.Join(h.watcher.Start(ctx), h.traffic.prune())
}

// reload takes another choice of interfaces.
func (h *tcxHook) reload(options HookOptions) ([]string, error) {
	return []string{"interface", "exclude"}, h.watcher.Reload(options.Devices)
}

func (h *tcxHook) follow(ctx context.Context) error { return h.watcher.Follow(ctx) }

func (h *tcxHook) close(bool) error { return h.traffic.close() }

func (h *tcxHook) needsCapabilities() bool { return h.traffic.needsCapabilities() }

func (h *tcxHook) programs(d netdev.Device) []tcProgram {
	programs := h.ethernet
	if !d.Ethernet {
		programs = h.l3
	}
	switch h.direction {
	case ingress:
		return programs[:1]
	case egress:
		return programs[1:]
	}
	return programs
}

// Add attaches to an interface.
func (h *tcxHook) Add(d netdev.Device) error {
	var attachments []Attachment
	for _, program := range h.programs(d) {
		attachments = append(attachments, h.traffic.attachment(d, program))
	}
	return h.links.UpsertAll(attachments)
}

// Remove gives up an interface that is gone.
func (h *tcxHook) Remove(d netdev.Device) {
	for _, program := range h.programs(d) {
		h.links.Forget(tcName(d, program.name))
	}
}
