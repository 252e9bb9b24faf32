// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/features"
	"github.com/cilium/ebpf/link"
	"github.com/spf13/pflag"

	"example.com/my-cnf/internal/doctor"
	"example.com/my-cnf/internal/netdev"
	"example.com/my-cnf/internal/privilege"
)

const (
	// HookName is what logs and metrics call this hook.
	HookName = "tracepoint"
	// TargetKind is what the hook attaches to.
	TargetKind = "tracepoint"
)

// HookOptions are what a person chooses about tracepoints.
type HookOptions struct {
	// Devices are the interfaces whose packets are counted: without any, all interfaces of the
	// network namespace that this process is in.
	Devices netdev.Options
}

// AddFlags adds the hook's flags.
func (o *HookOptions) AddFlags(flags *pflag.FlagSet) { o.Devices.AddFlags(flags) }

// Validate reports the first option that cannot work.
func (o *HookOptions) Validate() error {
	if len(o.Devices.Exclude) > 0 && !o.filters() {
		return errors.New("--exclude needs --interface: leave out from all of them with --interface '/.*/'")
	}
	return o.Devices.Validate()
}

func (o *HookOptions) filters() bool { return len(o.Devices.Interfaces) > 0 }

func (o *HookOptions) configure(spec *ebpf.CollectionSpec) error {
	if err := spec.Variables["filter_interfaces"].Set(o.filters()); err != nil {
		return fmt.Errorf("set filter_interfaces: %w", err)
	}
	return watchNamespace(spec)
}

func (o *HookOptions) requirements() doctor.Requirements {
	return doctor.Requirements{
		Kernel:       doctor.Version{Major: 6, Minor: 1},
		BTF:          true,
		Capabilities: []privilege.Capability{privilege.BPF, privilege.Perfmon},
		Config:       []string{"CONFIG_BPF_EVENTS", "CONFIG_DEBUG_INFO_BTF"},
		Checks: []doctor.Check{
			doctor.Support("raw tracepoints", func() error { return features.HaveProgramType(ebpf.RawTracepoint) }),
		},
	}
}

// pinnedMaps are the hook's own maps that outlive a restart. The set of interfaces is not one of
// them: an interface may have gone in the meantime, and its index may be another's.
func (o *HookOptions) pinnedMaps(maps *bpfMaps) map[string]*ebpf.Map {
	return map[string]*ebpf.Map{"programs": maps.Programs}
}

type tracepointHook struct {
	objects    *bpfObjects
	dispatcher dispatcher
	interfaces *interfaceSet
}

func newHook(options HookOptions, objects *bpfObjects, links *Links, log *slog.Logger) (hook, error) {
	h := &tracepointHook{objects: objects, dispatcher: dispatcher{programs: objects.Programs, links: links}}
	if !options.filters() {
		return h, nil
	}
	var err error
	h.interfaces, err = newInterfaceSet(options.Devices, objects.Interfaces, log)
	return h, err
}

// tracepoint is an event of the kernel, the program that is attached to it, and the one
// that it calls.
type tracepoint struct {
	name             string
	attached, called *ebpf.Program
}

// tracepoints are in the order of the slots in the program table.
func (h *tracepointHook) tracepoints() []tracepoint {
	return []tracepoint{
		{"netif_receive_skb", h.objects.NetifReceiveSkb, h.objects.Received},
		{"net_dev_queue", h.objects.NetDevQueue, h.objects.Queued},
		{"inet_sock_set_state", h.objects.InetSockSetState, h.objects.StateSet},
	}
}

// attach fills the set of interfaces first: after a restart, the table's slots switch from the
// old set to the new one.
func (h *tracepointHook) attach(ctx context.Context) error {
	if h.interfaces != nil {
		if err := h.interfaces.watcher.Start(ctx); err != nil {
			return err
		}
	}
	for i, t := range h.tracepoints() {
		err := h.dispatcher.attach(uint32(i), t.called, Attachment{
			Name:    t.name,
			Target:  t.name,
			Program: t.attached,
			Attach:  func() (Link, error) { return attachTracepoint(t.name, t.attached) },
			Mode:    func() string { return "raw" },
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func attachTracepoint(name string, program *ebpf.Program) (Link, error) {
	l, err := link.AttachRawTracepoint(link.RawTracepointOptions{Name: name, Program: program})
	if err != nil {
		return nil, err
	}
	return l, nil
}

func (h *tracepointHook) follow(ctx context.Context) error {
	if h.interfaces == nil {
		return waitForEnd(ctx)
	}
	return h.interfaces.watcher.Follow(ctx)
}

// reload takes another choice of interfaces. Whether there is a choice at all is decided at load.
func (h *tracepointHook) reload(options HookOptions) ([]string, error) {
	if h.interfaces == nil || !options.filters() {
		return nil, nil
	}
	return []string{"interface", "exclude"}, h.interfaces.watcher.Reload(options.Devices)
}

func (h *tracepointHook) close(bool) error { return nil }

// needsCapabilities is false because a map that is held open can be changed without any.
func (h *tracepointHook) needsCapabilities() bool { return false }
