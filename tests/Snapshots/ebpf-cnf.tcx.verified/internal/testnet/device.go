// SPDX-License-Identifier: Apache-2.0

package testnet

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Patience is how long anything here may take. Emulated machines on a busy host are slow.
const Patience = time.Minute

// End is one end of a device pair, with its addresses. A netkit device in L3 mode has no MAC,
// but its packets have an Ethernet header, of zeros.
type End struct {
	*Namespace
	Name string
	MAC  net.HardwareAddr
	IPv4 netip.Addr
	IPv6 netip.Addr
}

// Names of the devices of every pair: tests have namespaces of their own.
const (
	LeftName  = "left0"
	RightName = "right0"
)

func newEnds(a, b *Namespace) (left, right End) {
	left = End{
		Namespace: a, Name: LeftName, MAC: net.HardwareAddr{0x02, 0, 0, 0, 0, 1},
		IPv4: netip.MustParseAddr("10.77.0.1"), IPv6: netip.MustParseAddr("fd77::1"),
	}
	right = End{
		Namespace: b, Name: RightName, MAC: net.HardwareAddr{0x02, 0, 0, 0, 0, 2},
		IPv4: netip.MustParseAddr("10.77.0.2"), IPv6: netip.MustParseAddr("fd77::2"),
	}
	return left, right
}

// Veth joins two namespaces by a veth pair with addresses, up at both ends.
func Veth(t testing.TB, a, b *Namespace) (left, right End) {
	t.Helper()
	left, right = newEnds(a, b)
	link := &netlink.Veth{
		LinkAttrs:        netlink.LinkAttrs{Name: left.Name, HardwareAddr: left.MAC, MTU: 1500},
		PeerName:         right.Name,
		PeerHardwareAddr: right.MAC,
		PeerNamespace:    netlink.NsFd(b.handle),
	}
	if err := a.netlink.LinkAdd(link); err != nil {
		t.Fatalf("make veth pair: %v", err)
	}
	Connect(t, left, right)
	return left, right
}

// Netkit joins two namespaces by a netkit pair whose primary is the left end. The
// error is the kernel's when it has no netkit; everything else ends the test.
func Netkit(t testing.TB, a, b *Namespace, mode netlink.NetkitMode) (left, right End, err error) {
	t.Helper()
	left, right = newEnds(a, b)
	link := &netlink.Netkit{
		LinkAttrs:  netlink.LinkAttrs{Name: left.Name, MTU: 1500},
		Mode:       mode,
		Policy:     netlink.NETKIT_POLICY_FORWARD,
		PeerPolicy: netlink.NETKIT_POLICY_FORWARD,
		Scrub:      netlink.NETKIT_SCRUB_NONE,
		PeerScrub:  netlink.NETKIT_SCRUB_DEFAULT,
	}
	peer := netlink.LinkAttrs{Name: right.Name, MTU: 1500, Namespace: netlink.NsFd(b.handle)}
	if mode == netlink.NETKIT_MODE_L2 {
		link.HardwareAddr, peer.HardwareAddr = left.MAC, right.MAC
	} else {
		left.MAC, right.MAC = nil, nil
	}
	link.SetPeerAttrs(&peer)

	err = a.netlink.LinkAdd(link)
	if errors.Is(err, unix.EOPNOTSUPP) {
		return left, right, err
	}
	if err != nil {
		t.Fatalf("make netkit pair: %v", err)
	}
	Connect(t, left, right)
	return left, right, nil
}

// Adopt takes a pair that somebody else made, with the names that pairs have here, and gives
// its ends addresses.
func Adopt(t testing.TB, a, b *Namespace) (left, right End) {
	t.Helper()
	left, right = newEnds(a, b)
	for _, end := range []*End{&left, &right} {
		end.MAC = end.Link(t, end.Name).Attrs().HardwareAddr
		if len(end.MAC) == 0 || bytes.Equal(end.MAC, make([]byte, len(end.MAC))) {
			end.MAC = nil
		}
	}
	Connect(t, left, right)
	return left, right
}

// Connect gives the ends of a pair their addresses and brings them up. Neighbours
// are static, so that no packet is spent on finding them.
func Connect(t testing.TB, left, right End) {
	t.Helper()
	for _, end := range []struct{ self, other End }{{left, right}, {right, left}} {
		if err := end.self.configure(end.other); err != nil {
			t.Fatalf("configure %s: %v", end.self.Name, err)
		}
	}
	left.waitUntilUp(t)
	right.waitUntilUp(t)
}

func (e End) configure(other End) error {
	link, err := e.netlink.LinkByName(e.Name)
	if err != nil {
		return err
	}
	// A device without ARP joins no solicited-node groups either, so it sends no
	// multicast listener reports.
	if err := e.netlink.LinkSetARPOff(link); err != nil {
		return fmt.Errorf("switch ARP off: %w", err)
	}
	if err := e.netlink.LinkSetUp(link); err != nil {
		return fmt.Errorf("set up: %w", err)
	}
	for _, address := range []netip.Prefix{netip.PrefixFrom(e.IPv4, 24), netip.PrefixFrom(e.IPv6, 64)} {
		parsed, err := netlink.ParseAddr(address.String())
		if err != nil {
			return err
		}
		if address.Addr().Is6() {
			parsed.Flags = unix.IFA_F_NODAD
		} else {
			parsed.Broadcast = net.IPv4zero
		}
		if err := e.netlink.AddrAdd(link, parsed); err != nil {
			return fmt.Errorf("add address %s: %w", address, err)
		}
	}
	if other.MAC == nil {
		return nil
	}
	for _, address := range []netip.Addr{other.IPv4, other.IPv6} {
		neighbour := &netlink.Neigh{
			LinkIndex: link.Attrs().Index, State: netlink.NUD_PERMANENT, IP: address.AsSlice(), HardwareAddr: other.MAC,
		}
		if err := e.netlink.NeighSet(neighbour); err != nil {
			return fmt.Errorf("add neighbour %s: %w", address, err)
		}
	}
	return nil
}

// waitUntilUp waits for all that the kernel does later than it is told: it notices a carrier, and
// takes an IPv6 address for its own. Until then packets are lost silently.
func (e End) waitUntilUp(t testing.TB) {
	t.Helper()
	for deadline := time.Now().Add(Patience); ; time.Sleep(5 * time.Millisecond) {
		err := errors.Join(e.hasCarrier(), e.hasAddress())
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s is not up after %s: %v", e.Name, Patience, err)
		}
	}
}

// hasCarrier does not trust the flags alone, which say so too early.
func (e End) hasCarrier() error {
	link, err := e.netlink.LinkByName(e.Name)
	if err != nil {
		return err
	}
	const wanted = unix.IFF_UP | unix.IFF_RUNNING | unix.IFF_LOWER_UP
	attrs := link.Attrs()
	// A tun device has its carrier from the beginning, and its state stays unknown.
	up := attrs.OperState == netlink.OperUp || link.Type() == "tuntap" || link.Type() == "tun"
	if attrs.RawFlags&wanted != wanted || !up {
		return fmt.Errorf("state %s, flags %#x", attrs.OperState, attrs.RawFlags)
	}
	return nil
}

func (e End) hasAddress() error {
	routes, err := e.netlink.RouteGet(e.IPv6.AsSlice())
	if err != nil {
		return err
	}
	if len(routes) != 1 || routes[0].Type != unix.RTN_LOCAL {
		return fmt.Errorf("%s is no address of this machine yet", e.IPv6)
	}
	return nil
}
