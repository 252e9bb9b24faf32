// SPDX-License-Identifier: Apache-2.0

package network

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"example.com/my-cnf/internal/testnet"
)

// place is where an end of a wire goes.
type place struct {
	*testnet.Namespace
	name string
}

// wire joins two namespaces by a veth pair: up at both ends, without addresses.
func wire(t *testing.T, a, b place) (left, right testnet.End) {
	t.Helper()
	err := a.Do(func() error {
		other, err := os.Open(b.Path())
		if err != nil {
			return err
		}
		defer other.Close()
		pair := netlink.NewVeth(netlink.NewLinkAttrs())
		pair.Name, pair.PeerName, pair.PeerNamespace = a.name, b.name, netlink.NsFd(other.Fd())
		return netlink.LinkAdd(pair)
	})
	if err != nil {
		t.Fatalf("make veth pair %s, %s: %v", a.name, b.name, err)
	}
	return up(t, a), up(t, b)
}

// up waits for nothing: a device has its carrier when the other end is up, too.
func up(t *testing.T, p place) testnet.End {
	t.Helper()
	device := p.Link(t, p.name)
	if err := p.Do(func() error { return netlink.LinkSetUp(device) }); err != nil {
		t.Fatalf("set %s up: %v", p.name, err)
	}
	return testnet.End{Namespace: p.Namespace, Name: p.name, MAC: device.Attrs().HardwareAddr}
}

// address gives a device its addresses, and waits until the kernel takes them for its own.
func address(t *testing.T, end *testnet.End, prefixes ...string) {
	t.Helper()
	device := end.Link(t, end.Name)
	for _, text := range prefixes {
		prefix := netip.MustParsePrefix(text)
		parsed, err := netlink.ParseAddr(text)
		if err != nil {
			t.Fatal(err)
		}
		if prefix.Addr().Is6() {
			// Nobody else can have it here, and until that is found out it cannot be used.
			parsed.Flags, end.IPv6 = unix.IFA_F_NODAD, prefix.Addr()
		} else {
			parsed.Broadcast, end.IPv4 = net.IPv4zero, prefix.Addr()
		}
		if err := end.Do(func() error { return netlink.AddrAdd(device, parsed) }); err != nil {
			t.Fatalf("add %s to %s: %v", text, end.Name, err)
		}
	}
	eventually(t, end.Name+" is up", func() bool {
		return end.Link(t, end.Name).Attrs().OperState == netlink.OperUp
	})
}

// route leads to a network by way of a neighbour.
func route(t *testing.T, n *testnet.Namespace, network string, by netip.Addr) {
	t.Helper()
	_, destination, err := net.ParseCIDR(network)
	if err != nil {
		t.Fatal(err)
	}
	err = n.Do(func() error { return netlink.RouteAdd(&netlink.Route{Dst: destination, Gw: by.AsSlice()}) })
	if err != nil {
		t.Fatalf("add route to %s: %v", network, err)
	}
}

// setForwarding is for one namespace, and for all of its interfaces.
func setForwarding(t *testing.T, n *testnet.Namespace, on bool) {
	t.Helper()
	value := "0"
	if on {
		value = "1"
	}
	err := n.Do(func() error {
		return errors.Join(
			os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte(value), 0o644),
			os.WriteFile("/proc/sys/net/ipv6/conf/all/forwarding", []byte(value), 0o644))
	})
	if err != nil {
		t.Fatalf("set forwarding: %v", err)
	}
}

// routed is a client and a server with a router between them, whose devices are near to the client and far
// from it.
type routed struct {
	client, near, far, server testnet.End
	router                    *testnet.Namespace
}

func newRouted(t *testing.T) *routed {
	t.Helper()
	r := &routed{router: testnet.New(t)}
	r.near, r.client = wire(t, place{r.router, "near0"}, place{testnet.New(t), "eth0"})
	r.far, r.server = wire(t, place{r.router, "far0"}, place{testnet.New(t), "eth0"})
	setForwarding(t, r.router, true)

	// A router asks for its neighbours' MAC addresses with link-local addresses only.
	address(t, &r.near, "10.1.0.1/24", "fe80::1/64", "fd01::1/64")
	address(t, &r.client, "10.1.0.2/24", "fd01::2/64")
	address(t, &r.far, "10.2.0.1/24", "fe80::1/64", "fd02::1/64")
	address(t, &r.server, "10.2.0.2/24", "fd02::2/64")
	for _, side := range []struct{ host, gateway testnet.End }{{r.client, r.near}, {r.server, r.far}} {
		route(t, side.host.Namespace, "10.0.0.0/8", side.gateway.IPv4)
		route(t, side.host.Namespace, "fd00::/8", side.gateway.IPv6)
	}
	return r
}

// eventually waits for what the kernel does in its own time.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(testnet.Patience); !done(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not seen: %s", what)
		}
	}
}

func index(t *testing.T, end testnet.End) uint32 {
	t.Helper()
	return uint32(end.Link(t, end.Name).Attrs().Index)
}

// quieten keeps a device from asking for neighbours and from joining their groups, which both spoil counts.
func quieten(t *testing.T, end testnet.End) {
	t.Helper()
	device := end.Link(t, end.Name)
	if err := end.Do(func() error { return netlink.LinkSetARPOff(device) }); err != nil {
		t.Fatalf("switch ARP of %s off: %v", end.Name, err)
	}
}

// inode is the number by which the kernel knows a namespace.
func inode(t *testing.T, n *testnet.Namespace) uint32 {
	t.Helper()
	var stat unix.Stat_t
	if err := unix.Stat(n.Path(), &stat); err != nil {
		t.Fatalf("look at namespace: %v", err)
	}
	return uint32(stat.Ino)
}

// neighbour makes sure that nobody has to ask for a MAC address.
func neighbour(t *testing.T, end, other testnet.End) {
	t.Helper()
	for _, address := range []netip.Addr{other.IPv4, other.IPv6} {
		if !address.IsValid() {
			continue
		}
		entry := &netlink.Neigh{
			LinkIndex: int(index(t, end)), State: netlink.NUD_PERMANENT, IP: address.AsSlice(), HardwareAddr: other.MAC,
		}
		if err := end.Do(func() error { return netlink.NeighSet(entry) }); err != nil {
			t.Fatalf("add neighbour %s: %v", address, err)
		}
	}
}

const wait = 300 * time.Millisecond

// arrivals sends datagrams and counts those that arrive. It waits long for those that should, and not so
// long for those that should not.
func arrivals(t *testing.T, client, server testnet.End, count, size, expected int) int {
	t.Helper()
	return arrivalsOf(t, client, server, count, size, expected, true)
}

// arrivalsOf can leave out checksums.
func arrivalsOf(t *testing.T, client, server testnet.End, count, size, expected int, checksums bool) int {
	t.Helper()
	to := net.UDPAddrFromAddrPort(netip.AddrPortFrom(server.IPv4, testnet.ServerPort))
	var here, there *net.UDPConn
	err := errors.Join(
		server.Do(func() (err error) {
			there, err = net.ListenUDP("udp4", to)
			return err
		}),
		client.Do(func() (err error) {
			here, err = net.DialUDP("udp4", nil, to)
			return err
		}))
	if err != nil {
		t.Fatal(err)
	}
	defer here.Close()
	defer there.Close()
	if !checksums {
		leaveOutChecksums(t, here)
	}

	for range count {
		if _, err := here.Write(make([]byte, size)); err != nil {
			t.Logf("the sender was told: %v", err)
		}
	}
	for arrived := 0; ; arrived++ {
		patience := wait
		if arrived < expected {
			patience = testnet.Patience
		}
		there.SetReadDeadline(time.Now().Add(patience))
		if _, err := there.Read(make([]byte, 2*size+1)); err != nil {
			return arrived
		}
	}
}

func leaveOutChecksums(t *testing.T, connection *net.UDPConn) {
	t.Helper()
	raw, err := connection.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var refused error
	err = raw.Control(func(fd uintptr) {
		refused = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_NO_CHECK, 1)
	})
	if err := errors.Join(err, refused); err != nil {
		t.Fatalf("leave out checksums: %v", err)
	}
}
