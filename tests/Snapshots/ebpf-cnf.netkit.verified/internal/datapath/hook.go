// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/spf13/pflag"

	"example.com/my-cnf/internal/doctor"
	"example.com/my-cnf/internal/netdev"
	"example.com/my-cnf/internal/privilege"
)

const (
	// HookName is what logs and metrics call this hook.
	HookName = "netkit"
	// TargetKind is what the hook attaches to.
	TargetKind = "interface"
)

const (
	primary = "primary"
	peer    = "peer"
	both    = "both"

	modeL2 = "l2"
	modeL3 = "l3"
)

// HookOptions are what a person chooses about netkit.
type HookOptions struct {
	// Devices are the primaries.
	Devices netdev.Options
	// Side is primary (packets to the pod), peer (packets from the pod) or both.
	Side string
	// Create makes the pair that is named, if it is not there yet.
	Create bool
	// Mode is l2 or l3: with or without Ethernet addresses and ARP.
	Mode string
	// Peer is the name of the other device of a created pair.
	Peer string
	// PeerNetns is where the peer goes: the name of a network namespace, or a path such as
	// /proc/PID/ns/net.
	PeerNetns string
}

// AddFlags adds the hook's flags.
func (o *HookOptions) AddFlags(flags *pflag.FlagSet) {
	o.Devices.AddFlags(flags)
	flags.StringVar(&o.Side, "side", both, "packets to look at: primary (to the pod), peer (from the pod) or both")
	flags.BoolVar(&o.Create, "create", false, "make the pair that --interface names; it goes when run ends, unless --on-exit keep")
	flags.StringVar(&o.Mode, "mode", modeL3, "with --create: l2 or l3, with or without Ethernet addresses and ARP")
	flags.StringVar(&o.Peer, "peer", "", "with --create: name of the device for the pod")
	flags.StringVar(&o.PeerNetns, "peer-netns", "", "with --create: network namespace of the pod, by name or path")
}

// Validate reports the first option that cannot work.
func (o *HookOptions) Validate() error {
	switch o.Side {
	case primary, peer, both:
	default:
		return fmt.Errorf("--side %s: want %s, %s or %s", o.Side, primary, peer, both)
	}
	if o.Mode != modeL2 && o.Mode != modeL3 {
		return fmt.Errorf("--mode %s: want %s or %s", o.Mode, modeL2, modeL3)
	}
	if err := o.Devices.Require(); err != nil {
		return err
	}
	if !o.Create {
		if o.Peer != "" || o.PeerNetns != "" {
			return errors.New("--peer and --peer-netns need --create: a pair that exists has its peer")
		}
		return nil
	}
	return o.validateCreate()
}

func (o *HookOptions) validateCreate() error {
	if len(o.Devices.Interfaces) != 1 || strings.HasPrefix(o.Devices.Interfaces[0], "/") {
		return errors.New("--create needs exactly one --interface, by name")
	}
	if o.Peer == "" {
		return errors.New("--create needs --peer: name the device for the pod, such as eth0")
	}
	if err := (&netdev.Options{Interfaces: []string{o.Peer}}).Validate(); err != nil || strings.HasPrefix(o.Peer, "/") {
		return fmt.Errorf("--peer %q: no interface can have this name", o.Peer)
	}
	if o.PeerNetns == "" && o.Peer == o.Devices.Interfaces[0] {
		return errors.New("--peer has the name of --interface: choose another, or give --peer-netns")
	}
	return nil
}

func (o *HookOptions) configure(*ebpf.CollectionSpec) error { return nil }

func (o *HookOptions) requirements() doctor.Requirements {
	return doctor.Requirements{
		Kernel:       doctor.Version{Major: 6, Minor: 1},
		Capabilities: []privilege.Capability{privilege.BPF, privilege.NetAdmin},
		Config:       []string{"CONFIG_BPF_SYSCALL", "CONFIG_NET_CLS_ACT"},
		Checks:       []doctor.Check{netkitCheck(), trafficControlCheck()},
	}
}

// netkitHook attaches to both devices of a pair, through the primary.
type netkitHook struct {
	options  HookOptions
	programs []tcProgram
	links    *Links
	log      *slog.Logger
	traffic  *trafficControl
	watcher  *netdev.Watcher
	pair     *pair
}

func newHook(options HookOptions, objects *bpfObjects, links *Links, log *slog.Logger) (hook, error) {
	h := &netkitHook{
		options:  options,
		programs: wantedPrograms(options.Side, objects),
		links:    links,
		log:      log,
	}
	var err error
	if h.traffic, err = newTrafficControl(objects.NetkitPeer, anchorTail, links, log); err != nil {
		return nil, err
	}
	h.watcher, err = netdev.NewWatcher(options.Devices, h, log)
	return h, err
}

// attach brings a created pair up only when the programs are in place.
func (h *netkitHook) attach(ctx context.Context) error {
	if h.options.Create {
		var err error
		if h.pair, err = ensurePair(h.options, h.log); err != nil {
			return err
		}
	}
	if err := errors.Join(h.watcher.Start(ctx), h.traffic.prune()); err != nil {
		return err
	}
	if h.pair != nil {
		return h.pair.up()
	}
	return nil
}

// reload takes another choice of interfaces.
func (h *netkitHook) reload(options HookOptions) ([]string, error) {
	return []string{"interface", "exclude"}, h.watcher.Reload(options.Devices)
}

func (h *netkitHook) follow(ctx context.Context) error { return h.watcher.Follow(ctx) }

func (h *netkitHook) close(keep bool) error {
	if h.pair == nil || keep {
		return h.traffic.close()
	}
	return errors.Join(h.pair.remove(), h.traffic.close())
}

// needsCapabilities is true where devices may come: a netkit link needs CAP_NET_ADMIN, and so do
// clsact filters and the removal of the pair.
func (h *netkitHook) needsCapabilities() bool {
	return h.options.Create || h.traffic.needsCapabilities() || h.watcher.Patterns()
}

// wantedPrograms gives the programs the sides that they have on the host's end of a veth, where what the
// peer sends enters.
func wantedPrograms(side string, objects *bpfObjects) []tcProgram {
	programs := []tcProgram{
		{"netkit_peer", objects.NetkitPeer, ebpf.AttachTCXIngress, 0},
		{"netkit_primary", objects.NetkitPrimary, ebpf.AttachTCXEgress, 1},
	}
	switch side {
	case peer:
		return programs[:1]
	case primary:
		return programs[1:]
	}
	return programs
}

// Add attaches to a pair.
func (h *netkitHook) Add(d netdev.Device) error {
	attachment, err := h.attachmentFor(d)
	if err != nil {
		return err
	}
	attachments := make([]Attachment, len(h.programs))
	for i, program := range h.programs {
		attachments[i] = attachment(d, program)
	}
	return h.links.UpsertAll(attachments)
}

func (h *netkitHook) attachmentFor(d netdev.Device) (func(netdev.Device, tcProgram) Attachment, error) {
	switch d.Kind {
	case "netkit":
		return netkitAttachment, nil
	case "veth":
		h.log.Info("interface is a veth, not a netkit device: its host side is watched through traffic control", "interface", d.Name)
		return h.traffic.attachment, nil
	}
	return nil, fmt.Errorf("%s is a %s device: name the primary of a netkit pair, or make a pair with --create", d.Name, d.Kind)
}

// Remove gives up a pair that is gone.
func (h *netkitHook) Remove(d netdev.Device) {
	for _, program := range h.programs {
		h.links.Forget(tcName(d, program.name))
	}
}
