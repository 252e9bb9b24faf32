// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/features"
	"github.com/spf13/pflag"

	"example.com/my-cnf/internal/doctor"
	"example.com/my-cnf/internal/netdev"
	"example.com/my-cnf/internal/privilege"
)

const (
	// HookName is what logs and metrics call this hook.
	HookName = "xdp"
	// TargetKind is what the hook attaches to.
	TargetKind = "interface"
)

// HookOptions are what a person chooses about XDP.
type HookOptions struct {
	Devices netdev.Options
	// Mode is auto, native or generic.
	Mode string
}

// AddFlags adds the hook's flags.
func (o *HookOptions) AddFlags(flags *pflag.FlagSet) {
	o.Devices.AddFlags(flags)
	flags.StringVar(&o.Mode, "mode", modeAuto, "where the program runs: native (in the driver), generic (behind it), or auto: native unless the driver refuses")
}

// Validate reports the first option that cannot work.
func (o *HookOptions) Validate() error {
	switch o.Mode {
	case modeAuto, modeNative, modeGeneric:
	default:
		return fmt.Errorf("--mode %s: want %s, %s or %s", o.Mode, modeAuto, modeNative, modeGeneric)
	}
	return o.Devices.Require()
}

func (o *HookOptions) configure(*ebpf.CollectionSpec) error { return nil }

func (o *HookOptions) requirements() doctor.Requirements {
	return doctor.Requirements{
		Kernel:       doctor.Version{Major: 6, Minor: 1},
		Capabilities: []privilege.Capability{privilege.BPF, privilege.NetAdmin},
		Config:       []string{"CONFIG_BPF_SYSCALL", "CONFIG_BPF_JIT"},
		Checks: []doctor.Check{
			doctor.Support("XDP programs", func() error { return features.HaveProgramType(ebpf.XDP) }),
		},
	}
}

// xdpHook attaches one program to every interface that is wanted.
type xdpHook struct {
	mode    string
	program *ebpf.Program
	links   *Links
	log     *slog.Logger
	watcher *netdev.Watcher
}

func newHook(options HookOptions, objects *bpfObjects, links *Links, log *slog.Logger) (hook, error) {
	h := &xdpHook{mode: options.Mode, program: objects.XdpIngress, links: links, log: log}
	var err error
	h.watcher, err = netdev.NewWatcher(options.Devices, h, log)
	return h, err
}

func (h *xdpHook) attach(ctx context.Context) error { return h.watcher.Start(ctx) }

// reload takes another choice of interfaces.
func (h *xdpHook) reload(options HookOptions) ([]string, error) {
	return []string{"interface", "exclude"}, h.watcher.Reload(options.Devices)
}

func (h *xdpHook) follow(ctx context.Context) error { return h.watcher.Follow(ctx) }

func (h *xdpHook) close(bool) error { return nil }

// needsCapabilities is false because an XDP link needs none when its program is held open.
func (h *xdpHook) needsCapabilities() bool { return false }

// Add attaches to an interface.
func (h *xdpHook) Add(d netdev.Device) error {
	if !d.Ethernet {
		return fmt.Errorf("%s has no Ethernet header, which this program expects: watch it with the tcx hook", d.Name)
	}
	return h.links.Upsert(Attachment{
		Name:     attachmentName(d),
		Target:   d.Name,
		Program:  h.program,
		Attach:   func() (Link, error) { return h.attachTo(d) },
		Mode:     func() string { return modeInUse(d.Index) },
		Reusable: func() bool { return h.mode == modeAuto || h.mode == modeInUse(d.Index) },
	})
}

// Remove gives up an interface that is gone.
func (h *xdpHook) Remove(d netdev.Device) { h.links.Forget(attachmentName(d)) }

// attachmentName has the index, which stays when an interface is renamed.
func attachmentName(d netdev.Device) string { return fmt.Sprintf("xdp_ingress-%d", d.Index) }
