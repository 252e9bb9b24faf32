// SPDX-License-Identifier: Apache-2.0

package network

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cilium/ebpf/link"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"example.com/my-cnf/internal/testnet"
)

const datagrams = 3

// forwards attaches the forwarder to both devices of a router.
func forwards(t *testing.T, r *routed) *forwardObjects {
	t.Helper()
	objects := &forwardObjects{}
	load(t, loadForward, objects, nil)
	t.Cleanup(func() { objects.Close() })
	attach(t, r.near, ingress, objects.Forward)
	attach(t, r.far, ingress, objects.Forward)
	return objects
}

func TestForward(t *testing.T) {
	for _, version := range []int{4, 6} {
		t.Run(fmt.Sprint("IPv", version), func(t *testing.T) {
			r := newRouted(t)
			objects := forwards(t, r)
			tap := r.server.Tap(t)
			testnet.UDP(t, r.client, r.server, version, datagrams, 100)
			testnet.TCP(t, r.client, r.server, version, 2, 30000)
			if forwarded := value[uint64](t, objects.Forwarded); forwarded < 2*datagrams+8 {
				t.Errorf("forwarded %d packets", forwarded)
			}
			if stack := forwardedByStack(t, r.router); stack != 0 {
				t.Errorf("the stack forwarded %d packets", stack)
			}
			if limits := hopLimits(tap, r.client.MAC); len(limits) != 0 {
				t.Errorf("frames come from the client's MAC address")
			}
			for limit, packets := range hopLimits(tap, r.far.MAC) {
				if limit != 63 {
					t.Errorf("%d packets arrived with hop limit %d", packets, limit)
				}
			}
		})
	}
}

// forwardedByStack reads what the kernel itself has forwarded in a namespace.
func forwardedByStack(t *testing.T, n *testnet.Namespace) uint64 {
	t.Helper()
	return counter(t, n, "Ip:", "ForwDatagrams") + counter6(t, n, "Ip6OutForwDatagrams")
}

// counter reads one of the kernel's counters for a namespace, as nstat does: a line of names is followed
// by one of values.
func counter(t *testing.T, n *testnet.Namespace, group, name string) uint64 {
	t.Helper()
	var names []string
	for line := range strings.Lines(proc(t, n, "snmp")) {
		fields := strings.Fields(line)
		if fields[0] != group {
			continue
		}
		if names == nil {
			names = fields
			continue
		}
		return number(t, fields[slices.Index(names, name)])
	}
	t.Fatalf("no counters %s", group)
	return 0
}

func counter6(t *testing.T, n *testnet.Namespace, name string) uint64 {
	t.Helper()
	for line := range strings.Lines(proc(t, n, "snmp6")) {
		if fields := strings.Fields(line); fields[0] == name {
			return number(t, fields[1])
		}
	}
	t.Fatalf("no counter %s", name)
	return 0
}

func proc(t *testing.T, n *testnet.Namespace, file string) string {
	t.Helper()
	var content []byte
	err := n.Do(func() (err error) {
		content, err = os.ReadFile("/proc/thread-self/net/" + file)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func number(t *testing.T, text string) uint64 {
	t.Helper()
	number, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return number
}

// hopLimits counts what came from a MAC address by its TTL or hop limit.
func hopLimits(tap *testnet.Tap, from []byte) map[byte]int {
	limits := map[byte]int{}
	for _, frame := range tap.Frames() {
		if frame.Outgoing || string(frame.Data[6:12]) != string(from) {
			continue
		}
		var limit, protocol byte
		switch etherType(frame) {
		case unix.ETH_P_IP:
			limit, protocol = frame.Data[14+8], frame.Data[14+9]
		case unix.ETH_P_IPV6:
			limit, protocol = frame.Data[14+7], frame.Data[14+6]
		}
		if protocol == unix.IPPROTO_UDP || protocol == unix.IPPROTO_TCP {
			limits[limit]++
		}
	}
	return limits
}

func TestForwardXDP(t *testing.T) {
	r := newRouted(t)
	neighbour(t, r.near, r.client)
	neighbour(t, r.far, r.server)
	objects := &forwardXdpObjects{}
	load(t, loadForwardXdp, objects, nil)
	defer objects.Close()
	attachXDP(t, r.near, link.XDPGenericMode, objects.ForwardXdp)
	attachXDP(t, r.far, link.XDPGenericMode, objects.ForwardXdp)
	tap := r.server.Tap(t)
	testnet.UDP(t, r.client, r.server, 4, datagrams, 100)
	if forwarded := value[uint64](t, objects.Forwarded); forwarded != 2*datagrams {
		t.Errorf("forwarded %d packets", forwarded)
	}
	if stack := forwardedByStack(t, r.router); stack != 0 {
		t.Errorf("the stack forwarded %d packets", stack)
	}
	if limits := hopLimits(tap, r.far.MAC); limits[63] != datagrams {
		t.Errorf("arrived, by TTL: %v", limits)
	}
}

// With tcpdump on it, a device gets frames for others as well. They are not the router's to forward.
func TestForwardIgnoresOthers(t *testing.T) {
	r := newRouted(t)
	forwards(t, r)
	near := r.near.Link(t, r.near.Name)
	if err := r.router.Do(func() error { return netlink.SetPromiscOn(near) }); err != nil {
		t.Fatal(err)
	}
	somebody := testnet.End{MAC: []byte{2, 0, 0, 0, 0, 9}, IPv4: r.near.IPv4}
	neighbour(t, r.client, somebody)
	if arrived := arrivals(t, r.client, r.server, datagrams, 100, 0); arrived != 0 {
		t.Errorf("%d datagrams for somebody else arrived", arrived)
	}
	neighbour(t, r.client, r.near)
	if arrived := arrivals(t, r.client, r.server, datagrams, 100, datagrams); arrived != datagrams {
		t.Errorf("%d datagrams for the router arrived", arrived)
	}
}

func etherType(frame testnet.Frame) uint16 {
	return uint16(frame.Data[12])<<8 | uint16(frame.Data[13])
}

func TestForwarderChecksForwarding(t *testing.T) {
	r := newRouted(t)
	err := r.router.Do(func() error {
		f, err := startForwarder("near0", "far0")
		if err != nil {
			return err
		}
		return f.Close()
	})
	if errors.Is(err, link.ErrNotSupported) {
		t.Skip("needs Linux 6.6: tcx")
	}
	if err != nil {
		t.Fatal(err)
	}
	setForwarding(t, r.router, false)
	err = r.router.Do(func() error {
		_, err := startForwarder("near0", "far0")
		return err
	})
	if err == nil || !strings.Contains(err.Error(), "near0 forwards no ipv4") {
		t.Errorf("got %v", err)
	}
}

// Every result of the lookup that an IPv4 packet can have, and what it takes to get it.
func TestLookupResults(t *testing.T) {
	for _, test := range []struct {
		name    string
		to      string
		length  uint16
		size    int
		prepare func(*testing.T, *routed)
		result  int64
	}{
		{"SUCCESS", "10.2.0.2", 0, 100, func(t *testing.T, r *routed) { neighbour(t, r.far, r.server) }, 0},
		{"BLACKHOLE", "10.3.0.1", 0, 100, special("10.3.0.0/16", unix.RTN_BLACKHOLE), 1},
		{"UNREACHABLE", "10.3.0.1", 0, 100, special("10.3.0.0/16", unix.RTN_UNREACHABLE), 2},
		{"PROHIBIT", "10.3.0.1", 0, 100, special("10.3.0.0/16", unix.RTN_PROHIBIT), 3},
		{"NOT_FWDED own address", "10.1.0.1", 0, 100, nil, 4},
		{"NOT_FWDED no route", "10.4.0.1", 0, 100, nil, 4},
		{"FWD_DISABLED", "10.2.0.2", 0, 100, func(t *testing.T, r *routed) { setForwarding(t, r.router, false) }, 5},
		{"NO_NEIGH", "10.2.0.2", 0, 100, nil, 7},
		{"FRAG_NEEDED by length", "10.2.0.2", 1501, 100, nil, 8},
		{"FRAG_NEEDED by packet", "10.2.0.2", 0, 1400, func(t *testing.T, r *routed) {
			neighbour(t, r.far, r.server)
			r.router.SetMTU(t, r.far.Name, 1300)
		}, 8},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newRouted(t)
			if test.prepare != nil {
				test.prepare(t, r)
			}
			var objects lookupObjects
			load(t, loadLookup, &objects, map[string]any{"length": test.length})
			defer objects.Close()
			attach(t, r.near, ingress, objects.Lookup)
			testnet.SendUDP(t, r.client, netip.MustParseAddr(test.to), 1, test.size)
			eventually(t, "a lookup", func() bool { return value[int64](t, objects.Result) >= 0 })
			if result := value[int64](t, objects.Result); result != test.result {
				t.Errorf("got %d, want %d", result, test.result)
			}
		})
	}
}

func special(network string, kind int) func(*testing.T, *routed) {
	return func(t *testing.T, r *routed) {
		t.Helper()
		prefix, err := netlink.ParseIPNet(network)
		if err != nil {
			t.Fatal(err)
		}
		err = r.router.Do(func() error { return netlink.RouteAdd(&netlink.Route{Dst: prefix, Type: kind}) })
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestDropWithoutNeighbour(t *testing.T) {
	r := newRouted(t)
	var wrong dropWithoutNeighbourObjects
	load(t, loadDropWithoutNeighbour, &wrong, nil)
	defer wrong.Close()
	detach := attach(t, r.near, ingress, wrong.DropWithoutNeighbour)
	tap := r.server.Tap(t)
	if arrived := arrivals(t, r.client, r.server, datagrams, 100, 0); arrived != 0 {
		t.Errorf("%d datagrams arrived", arrived)
	} else {
		t.Logf("%d of %d datagrams arrived", arrived, datagrams)
	}
	if requests := asked(tap); requests != 0 {
		t.Errorf("the server got %d ARP requests", requests)
	} else {
		t.Logf("nobody asked for the MAC address of %s", r.server.IPv4)
	}

	detach()
	forwards(t, r)
	if arrived := arrivals(t, r.client, r.server, datagrams, 100, datagrams); arrived != datagrams {
		t.Errorf("%d datagrams arrived the right way", arrived)
	}
	if asked(tap) == 0 {
		t.Error("nobody asked the right way")
	}
}

// asked counts the ARP requests that came in.
func asked(tap *testnet.Tap) (count int) {
	for _, frame := range tap.Frames() {
		if !frame.Outgoing && etherType(frame) == unix.ETH_P_ARP {
			count++
		}
	}
	return count
}

func TestRedirectMTU(t *testing.T) {
	r := newRouted(t)
	r.router.SetMTU(t, r.far.Name, 1300)
	r.server.SetMTU(t, r.server.Name, 1300)
	var wrong redirectMtuObjects
	load(t, loadRedirectMtu, &wrong, map[string]any{"target": index(t, r.far)})
	defer wrong.Close()
	detach := attach(t, r.near, ingress, wrong.RedirectMtu)
	tap := r.client.Tap(t)
	if arrived := arrivals(t, r.client, r.server, datagrams, 100, datagrams); arrived != datagrams {
		t.Errorf("%d small datagrams arrived", arrived)
	}
	arrived := arrivals(t, r.client, r.server, datagrams, 1400, 0)
	if told := received(tap, unix.IPPROTO_ICMP); arrived != 0 || told != 0 {
		t.Errorf("%d large datagrams arrived, and the sender got %d errors", arrived, told)
	} else {
		t.Logf("%d of %d large datagrams arrived, and the sender was told nothing", arrived, datagrams)
	}

	detach()
	forwards(t, r)
	arrivals(t, r.client, r.server, 1, 1400, 0)
	if told := received(tap, unix.IPPROTO_ICMP); told == 0 {
		t.Error("the sender was told nothing the right way")
	}
}

// received counts IPv4 packets of a protocol that came in.
func received(tap *testnet.Tap, protocol byte) (count int) {
	for _, frame := range tap.Frames() {
		if !frame.Outgoing && etherType(frame) == unix.ETH_P_IP && frame.Data[14+9] == protocol {
			count++
		}
	}
	return count
}

func TestTTLKept(t *testing.T) {
	left, right := newLoop(t)
	var wrong ttlKeptObjects
	load(t, loadTtlKept, &wrong, nil)
	defer wrong.Close()
	attach(t, left, ingress, wrong.TtlKept)
	attach(t, right, ingress, wrong.TtlKept)
	lost := netip.MustParseAddr("10.9.0.1")
	testnet.SendUDP(t, left, lost, 1, 100)
	eventually(t, "a thousand rounds", func() bool { return value[uint64](t, wrong.Packets) > 2000 })
	t.Log("one datagram went round more than 1000 times")
	left.Remove(t, left.Name)

	left, right = newLoop(t)
	objects := forwards(t, &routed{near: left, far: right})
	testnet.SendUDP(t, left, lost, 1, 100)
	eventually(t, "the end of the loop", func() bool { return value[uint64](t, objects.Forwarded) >= 63 })
	if forwarded := value[uint64](t, objects.Forwarded); forwarded != 63 {
		t.Errorf("the right way it went on %d times", forwarded)
	}
}

// newLoop is two routers that each think that the other one knows the way.
func newLoop(t *testing.T) (left, right testnet.End) {
	t.Helper()
	left, right = wire(t, place{testnet.New(t), "eth0"}, place{testnet.New(t), "eth0"})
	address(t, &left, "10.1.0.1/24")
	address(t, &right, "10.1.0.2/24")
	neighbour(t, left, right)
	neighbour(t, right, left)
	route(t, left.Namespace, "10.0.0.0/8", right.IPv4)
	route(t, right.Namespace, "10.0.0.0/8", left.IPv4)
	setForwarding(t, left.Namespace, true)
	setForwarding(t, right.Namespace, true)
	return left, right
}
