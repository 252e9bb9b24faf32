// SPDX-License-Identifier: Apache-2.0

package testnet

import (
	"fmt"
	"net"
	"net/netip"
	"testing"
	"unsafe"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// LANMTU leaves room for an outer header around a packet of 1,500 bytes.
const LANMTU = 1600

// LAN makes machines on one Ethernet: namespaces whose eth0 is joined to a bridge. They find each other by
// ARP and neighbour discovery. The first has the addresses 10.78.0.1 and fd78::1.
func LAN(t testing.TB, count int) []End {
	t.Helper()
	hub := New(t)
	off := false
	bridge := &netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: "hub0", MTU: LANMTU}, MulticastSnooping: &off}
	err := hub.netlink.LinkAdd(bridge)
	if err == nil {
		err = hub.netlink.LinkSetUp(bridge)
	}
	if err != nil {
		t.Fatalf("make bridge: %v", err)
	}
	ends := make([]End, count)
	for i := range ends {
		if ends[i], err = hub.join(t, New(t), bridge, i+1); err != nil {
			t.Fatalf("join machine %d to the bridge: %v", i+1, err)
		}
	}
	for _, end := range ends {
		end.waitUntilUp(t)
	}
	return ends
}

func (n *Namespace) join(t testing.TB, machine *Namespace, bridge netlink.Link, number int) (End, error) {
	end := End{
		Namespace: machine, Name: "eth0", MAC: net.HardwareAddr{0x02, 0, 0, 0, 1, byte(number)},
		IPv4: netip.AddrFrom4([4]byte{10, 78, 0, byte(number)}),
		IPv6: netip.MustParseAddr(fmt.Sprintf("fd78::%x", number)),
	}
	port := &netlink.Veth{
		LinkAttrs:        netlink.LinkAttrs{Name: fmt.Sprint("port", number), MTU: LANMTU, MasterIndex: bridge.Attrs().Index},
		PeerName:         end.Name,
		PeerHardwareAddr: end.MAC,
		PeerNamespace:    netlink.NsFd(machine.handle),
	}
	if err := n.netlink.LinkAdd(port); err != nil {
		return end, err
	}
	if err := n.receiveXDP(t, port.Name); err != nil {
		return end, err
	}
	if err := n.netlink.LinkSetUp(port); err != nil {
		return end, err
	}
	return end, end.settle()
}

// receiveXDP lets a device of a veth pair take what an XDP program at its other end sends back: it only looks for
// that while it runs an XDP program itself.
func (n *Namespace) receiveXDP(t testing.TB, device string) error {
	program, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		Name: "pass", Type: ebpf.XDP, AttachType: ebpf.AttachXDP, License: "Dual BSD/GPL",
		Instructions: asm.Instructions{asm.Mov.Imm(asm.R0, 2), asm.Return()},
	})
	if err != nil {
		return fmt.Errorf("load program: %w", err)
	}
	t.Cleanup(func() { program.Close() })
	return n.Do(func() error {
		attached, err := link.AttachXDP(link.XDPOptions{Program: program, Interface: n.Link(t, device).Attrs().Index})
		if err != nil {
			return fmt.Errorf("attach program to %s: %w", device, err)
		}
		t.Cleanup(func() { attached.Close() })
		return nil
	})
}

// settle sets up the machine's device. Checksums are complete when a packet leaves, as on a wire: XDP
// takes packets out of the kernel's hands, which would complete them later.
func (e End) settle() error {
	if err := e.Do(func() error { return setFeature(e.Name, unix.ETHTOOL_STXCSUM, 0) }); err != nil {
		return err
	}
	device, err := e.netlink.LinkByName(e.Name)
	if err != nil {
		return err
	}
	if err := e.netlink.LinkSetUp(device); err != nil {
		return err
	}
	// Neighbours are asked for from the link-local address where a packet's source is on another device.
	local := e.IPv6.As16()
	copy(local[:], []byte{0xfe, 0x80})
	return e.addAddresses(device, netip.PrefixFrom(e.IPv4, 24), netip.PrefixFrom(e.IPv6, 64), netip.PrefixFrom(netip.AddrFrom16(local), 64))
}

func (n *Namespace) addAddresses(device netlink.Link, prefixes ...netip.Prefix) error {
	for _, prefix := range prefixes {
		address, err := netlink.ParseAddr(prefix.String())
		if err != nil {
			return err
		}
		if prefix.Addr().Is6() {
			address.Flags = unix.IFA_F_NODAD
		}
		if err := n.netlink.AddrAdd(device, address); err != nil {
			return fmt.Errorf("add address %s: %w", prefix, err)
		}
	}
	return nil
}

// Own gives the machine an address of its own on the loopback device, which nobody else learns of.
func (e End) Own(t testing.TB, address netip.Addr) {
	t.Helper()
	if err := e.addAddresses(e.Link(t, "lo"), netip.PrefixFrom(address, address.BitLen())); err != nil {
		t.Fatalf("own %s: %v", address, err)
	}
}

// Route sends what is for an address by way of another machine.
func (e End) Route(t testing.TB, address netip.Addr, by End) {
	t.Helper()
	version := 6
	if address.Is4() {
		version = 4
	}
	route := &netlink.Route{
		LinkIndex: e.Link(t, e.Name).Attrs().Index,
		Dst:       &net.IPNet{IP: address.AsSlice(), Mask: net.CIDRMask(address.BitLen(), address.BitLen())},
		Gw:        by.Address(version).AsSlice(),
	}
	if err := e.netlink.RouteAdd(route); err != nil {
		t.Fatalf("route %s: %v", address, err)
	}
}

// Down takes the machine off the network, as a power cut would.
func (e End) Down(t testing.TB) {
	t.Helper()
	if err := e.netlink.LinkSetDown(e.Link(t, e.Name)); err != nil {
		t.Fatalf("set %s down: %v", e.Name, err)
	}
}

// setFeature switches an offload of a device of the calling thread's namespace.
func setFeature(device string, command, value uint32) error {
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(socket)
	argument := struct{ command, value uint32 }{command, value}
	request := struct {
		name [unix.IFNAMSIZ]byte
		data unsafe.Pointer
		_    [16]byte
	}{data: unsafe.Pointer(&argument)}
	copy(request.name[:], device)
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(socket), unix.SIOCETHTOOL, uintptr(unsafe.Pointer(&request))); errno != 0 {
		return fmt.Errorf("set offload %#x of %s: %w", command, device, errno)
	}
	return nil
}
