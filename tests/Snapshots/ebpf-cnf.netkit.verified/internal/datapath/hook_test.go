// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"slices"
	"strings"
	"testing"

	"github.com/vishvananda/netlink"

	"example.com/my-cnf/internal/netdev"
)

func valid() HookOptions {
	return HookOptions{Devices: netdev.Options{Interfaces: []string{"nk0"}}, Side: "both", Mode: "l3"}
}

func TestHookOptionsValidate(t *testing.T) {
	for name, change := range map[string]func(*HookOptions){
		"existing pair":      func(*HookOptions) {},
		"primary only":       func(o *HookOptions) { o.Side = "primary" },
		"create":             func(o *HookOptions) { o.Create, o.Peer = true, "nk1" },
		"create l2 in netns": func(o *HookOptions) { o.Create, o.Mode, o.Peer, o.PeerNetns = true, "l2", "nk0", "pod" },
	} {
		options := valid()
		change(&options)
		if err := options.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, change := range map[string]func(*HookOptions){
		"no interface":        func(o *HookOptions) { o.Devices.Interfaces = nil },
		"unknown side":        func(o *HookOptions) { o.Side = "host" },
		"unknown mode":        func(o *HookOptions) { o.Mode = "l4" },
		"peer without create": func(o *HookOptions) { o.Peer = "nk1" },
		"create without peer": func(o *HookOptions) { o.Create = true },
		"create by pattern":   func(o *HookOptions) { o.Create, o.Peer, o.Devices.Interfaces = true, "nk1", []string{"/nk/"} },
		"create two":          func(o *HookOptions) { o.Create, o.Peer, o.Devices.Interfaces = true, "nk1", []string{"a", "b"} },
		"peer by pattern":     func(o *HookOptions) { o.Create, o.Peer = true, "/nk/" },
		"one name twice":      func(o *HookOptions) { o.Create, o.Peer = true, "nk0" },
	} {
		options := valid()
		change(&options)
		if err := options.Validate(); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

func TestPeerIsABlackHoleUntilAttached(t *testing.T) {
	options := valid()
	options.Peer = "nk1"
	device := netkitPair(options, nil)
	if device.PeerPolicy != netlink.NETKIT_POLICY_BLACKHOLE || device.Policy != netlink.NETKIT_POLICY_FORWARD {
		t.Errorf("policies %v and %v", device.Policy, device.PeerPolicy)
	}
	if device.Mode != netlink.NETKIT_MODE_L3 || device.Scrub != netlink.NETKIT_SCRUB_DEFAULT || device.PeerScrub != netlink.NETKIT_SCRUB_DEFAULT {
		t.Errorf("mode %v, scrub %v and %v", device.Mode, device.Scrub, device.PeerScrub)
	}
}

func TestPeerWithoutProgramForwards(t *testing.T) {
	options := valid()
	options.Side, options.Mode = "primary", "l2"
	device := netkitPair(options, nil)
	if device.PeerPolicy != netlink.NETKIT_POLICY_FORWARD || device.Mode != netlink.NETKIT_MODE_L2 {
		t.Errorf("policy %v, mode %v", device.PeerPolicy, device.Mode)
	}
}

func TestAddRefusesOtherDevices(t *testing.T) {
	err := (&netkitHook{}).Add(netdev.Device{Name: "br0", Kind: "bridge"})
	if err == nil || !strings.Contains(err.Error(), "br0 is a bridge device") {
		t.Errorf("got %v", err)
	}
}

func TestProgramsFitTheSide(t *testing.T) {
	for side, want := range map[string][]string{
		"peer":    {"netkit_peer"},
		"primary": {"netkit_primary"},
		"both":    {"netkit_peer", "netkit_primary"},
	} {
		var got []string
		for _, program := range wantedPrograms(side, &bpfObjects{}) {
			got = append(got, program.name)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", side, got, want)
		}
	}
}

func TestOpenNetns(t *testing.T) {
	if namespace, err := openNetns(""); namespace != nil || err != nil {
		t.Errorf("got %v, %v", namespace, err)
	}
	namespace, err := openNetns("/proc/self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	namespace.Close()
	if _, err := openNetns("no-such-namespace"); err == nil || !strings.Contains(err.Error(), "/run/netns/no-such-namespace") {
		t.Errorf("got %v", err)
	}
}
