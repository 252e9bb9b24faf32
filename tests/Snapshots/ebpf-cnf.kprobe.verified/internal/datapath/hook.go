// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"context"
	"errors"
	"log/slog"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"github.com/spf13/pflag"
	"golang.org/x/sys/unix"

	"example.com/my-cnf/internal/doctor"
	"example.com/my-cnf/internal/privilege"
)

// HookName is the name of this hook.
const HookName = "kprobe"

// TargetKind is what the hook attaches to.
const TargetKind = "function"

// HookOptions are the options of this hook.
type HookOptions struct {
	// AllNamespaces counts the sockets of all network namespaces instead of only those of
	// the one that this process is in.
	AllNamespaces bool
}

// AddFlags adds the hook's flags.
func (o *HookOptions) AddFlags(flags *pflag.FlagSet) {
	flags.BoolVar(&o.AllNamespaces, "all-namespaces", false, "count the sockets of all network namespaces, not only of this one; equal addresses in two of them are one flow")
}

// Validate accepts everything: a bool has no wrong value.
func (o *HookOptions) Validate() error { return nil }

func (o *HookOptions) configure(spec *ebpf.CollectionSpec) error {
	spec.Maps["connections"].MaxEntries = spec.Maps[flowsMap].MaxEntries
	if o.AllNamespaces {
		return nil
	}
	return watchNamespace(spec)
}

func (o *HookOptions) requirements() doctor.Requirements {
	return doctor.Requirements{
		Kernel:       doctor.Version{Major: 6, Minor: 1},
		BTF:          true,
		Capabilities: []privilege.Capability{privilege.BPF, privilege.Perfmon},
		Config:       []string{"CONFIG_KPROBES", "CONFIG_KPROBE_EVENTS", "CONFIG_DEBUG_INFO_BTF"},
		Checks:       []doctor.Check{kprobeEvents(), perfEvents(), kernelFunctions()},
	}
}

// pinnedMaps are the hook's own maps that outlive a restart: what is known about
// open connections, and the table through which the links call the programs.
func (o *HookOptions) pinnedMaps(maps *bpfMaps) map[string]*ebpf.Map {
	return map[string]*ebpf.Map{"connections": maps.Connections, "programs": maps.Programs}
}

type kprobeHook struct {
	objects    *bpfObjects
	dispatcher dispatcher
}

// probe is a kernel function and the program that runs when it is called.
type probe struct {
	function string
	program  *ebpf.Program
}

// probes lists what is probed. The position is the slot in the program table: append, so that
// links which an earlier version has pinned go on calling what they should.
func probes(programs *bpfPrograms) []probe {
	return []probe{
		{"tcp_set_state", programs.TcpSetState},
		{"tcp_sendmsg", programs.TcpSendmsg},
		{"tcp_recvmsg", programs.TcpRecvmsg},
		{"release_sock", programs.ReleaseSock},
		{"tcp_close", programs.TcpClose},
		{"ip_send_skb", programs.IpSendSkb},
		{"ip6_send_skb", programs.Ip6SendSkb},
		{"skb_consume_udp", programs.SkbConsumeUdp},
	}
}

func newHook(_ HookOptions, objs *bpfObjects, links *Links, _ *slog.Logger) (hook, error) {
	return &kprobeHook{objects: objs, dispatcher: dispatcher{programs: objs.Programs, links: links}}, nil
}

func (h *kprobeHook) attach(context.Context) error {
	for i, probe := range probes(&h.objects.bpfPrograms) {
		slot := uint32(i)
		if err := h.dispatcher.attach(slot, probe.program, h.attachment(probe.function, slot)); err != nil {
			return err
		}
	}
	return nil
}

func (h *kprobeHook) attachment(function string, slot uint32) Attachment {
	return Attachment{
		Name:    function,
		Target:  function,
		Program: h.objects.Dispatch,
		Attach: func() (Link, error) {
			return attachKprobe(function, h.objects.Dispatch, slot)
		},
		Mode: func() string { return HookName },
	}
}

func attachKprobe(function string, dispatch *ebpf.Program, slot uint32) (Link, error) {
	l, err := link.Kprobe(function, dispatch, &link.KprobeOptions{Cookie: uint64(slot)})
	if errors.Is(err, unix.EACCES) && needsSysAdmin() {
		return nil, errParanoid
	}
	if err != nil {
		return nil, err
	}
	return l, nil
}

func (h *kprobeHook) follow(ctx context.Context) error { return waitForEnd(ctx) }

func (h *kprobeHook) close(bool) error { return nil }

func (h *kprobeHook) needsCapabilities() bool { return false }
