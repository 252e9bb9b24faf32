// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// pair is a pair of devices that --create made, in this run or in an earlier one.
type pair struct {
	primary netlink.Link
}

// pairAlias marks the primary of a pair that is ours to remove.
const pairAlias = "made by my-cnf"

// ensurePair makes the pair, or takes the one that an earlier run has left.
func ensurePair(options HookOptions, log *slog.Logger) (*pair, error) {
	name := options.Devices.Interfaces[0]
	existing, err := netlink.LinkByName(name)
	if err == nil {
		if existing.Attrs().Alias != pairAlias {
			return nil, fmt.Errorf("--create: interface %s exists and was not made by --create: leave --create out, or choose another name", name)
		}
		log.Info("pair of an earlier run is used", "interface", name, "kind", existing.Type())
		return &pair{existing}, nil
	}
	var notFound netlink.LinkNotFoundError
	if !errors.As(err, &notFound) {
		return nil, fmt.Errorf("look for interface %s: %w", name, err)
	}

	namespace, err := openNetns(options.PeerNetns)
	if err != nil {
		return nil, err
	}
	if namespace != nil {
		defer namespace.Close()
	}
	if err := makePair(options, namespace, log); err != nil {
		return nil, err
	}
	made, err := netlink.LinkByName(name)
	if err != nil {
		return nil, fmt.Errorf("look for interface %s: %w", name, err)
	}
	if err := netlink.LinkSetAlias(made, pairAlias); err != nil {
		return nil, errors.Join(fmt.Errorf("mark interface %s: %w", name, err), netlink.LinkDel(made))
	}
	log.Info("pair made", "interface", name, "kind", made.Type(), "peer", options.Peer, "peer_netns", options.PeerNetns)
	return &pair{made}, nil
}

func makePair(options HookOptions, namespace *os.File, log *slog.Logger) error {
	err := netlink.LinkAdd(netkitPair(options, namespace))
	if errors.Is(err, unix.EOPNOTSUPP) {
		log.Warn("kernel has no netkit (Linux 6.7, CONFIG_NETKIT), a veth pair is made instead; a veth lets packets pass when nothing is attached")
		err = netlink.LinkAdd(vethPair(options, namespace))
	}
	if errors.Is(err, unix.EEXIST) {
		return fmt.Errorf("make pair: %w: is there an interface %s in the namespace of the peer already?", err, options.Peer)
	}
	if err != nil {
		return fmt.Errorf("make pair: %w", err)
	}
	return nil
}

// netkitPair sets all five attributes. What is left out is not the kernel's default but the library's
// zero value: mode l2 and no scrubbing.
func netkitPair(options HookOptions, namespace *os.File) *netlink.Netkit {
	device := &netlink.Netkit{
		LinkAttrs: netlink.LinkAttrs{Name: options.Devices.Interfaces[0]},
		Mode:      netlink.NETKIT_MODE_L3,
		Policy:    netlink.NETKIT_POLICY_FORWARD,
		// As long as no program is attached the pod sends into a black hole.
		PeerPolicy: netlink.NETKIT_POLICY_BLACKHOLE,
		Scrub:      netlink.NETKIT_SCRUB_DEFAULT,
		PeerScrub:  netlink.NETKIT_SCRUB_DEFAULT,
	}
	if options.Mode == modeL2 {
		device.Mode = netlink.NETKIT_MODE_L2
	}
	if options.Side == primary {
		// No program will ever be attached to the peer.
		device.PeerPolicy = netlink.NETKIT_POLICY_FORWARD
	}
	peerAttributes := netlink.LinkAttrs{Name: options.Peer}
	if namespace != nil {
		peerAttributes.Namespace = netlink.NsFd(namespace.Fd())
	}
	device.SetPeerAttrs(&peerAttributes)
	return device
}

func vethPair(options HookOptions, namespace *os.File) *netlink.Veth {
	device := netlink.NewVeth(netlink.NewLinkAttrs())
	device.Name = options.Devices.Interfaces[0]
	device.PeerName = options.Peer
	if namespace != nil {
		device.PeerNamespace = netlink.NsFd(namespace.Fd())
	}
	return device
}

// openNetns opens a network namespace by its name, as `ip netns` has it, or by a path. Nil is this one.
func openNetns(name string) (*os.File, error) {
	if name == "" {
		return nil, nil
	}
	path := name
	if !strings.Contains(name, "/") {
		path = filepath.Join("/run/netns", name)
	}
	namespace, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open --peer-netns: %w: make it with `ip netns add`, or give a path such as /proc/PID/ns/net", err)
	}
	return namespace, nil
}

// up lets packets flow on the host's side. The other side belongs to whoever sets up the pod.
func (p *pair) up() error {
	if err := netlink.LinkSetUp(p.primary); err != nil {
		return fmt.Errorf("set interface %s up: %w", p.primary.Attrs().Name, err)
	}
	return nil
}

// remove deletes both devices; the kernel takes the links with them.
func (p *pair) remove() error {
	err := netlink.LinkDel(p.primary)
	if err != nil && !errors.Is(err, unix.ENODEV) {
		return fmt.Errorf("remove pair %s: %w", p.primary.Attrs().Name, err)
	}
	return nil
}
