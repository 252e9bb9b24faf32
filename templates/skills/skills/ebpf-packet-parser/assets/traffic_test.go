// SPDX-License-Identifier: Apache-2.0

package parser

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"github.com/gopacket/gopacket/layers"
	"github.com/vishvananda/netlink"

	"example.com/my-cnf/internal/testnet"
)

// attachTCX puts a program on one end of a device pair.
func attachTCX(t *testing.T, end testnet.End, program *ebpf.Program, attach ebpf.AttachType) {
	t.Helper()
	index := end.Link(t, end.Name).Attrs().Index
	err := end.Do(func() error {
		l, err := link.AttachTCX(link.TCXOptions{Interface: index, Program: program, Attach: attach})
		if err == nil {
			t.Cleanup(func() { l.Close() })
		}
		return err
	})
	if errors.Is(err, ebpf.ErrNotSupported) {
		t.Skip("needs Linux 6.6: tcx")
	}
	if err != nil {
		t.Fatalf("attach tcx: %v", err)
	}
}

func TestVLANBeside(t *testing.T) {
	left, right := testnet.Veth(t, testnet.New(t), testnet.New(t))
	wrong, correct := load(t, loadVlanBeside, nil), load(t, loadFiveTuple, nil)
	attachTCX(t, right, wrong.Programs["vlan_beside"], ebpf.AttachTCXIngress)
	attachTCX(t, right, correct.Programs["five_tuple"], ebpf.AttachTCXIngress)

	ip := ipv4(layers.IPProtocolUDP)
	left.Inject(t, build(t, ethernet(layers.EthernetTypeDot1Q),
		&layers.Dot1Q{VLANIdentifier: 100, Type: layers.EthernetTypeIPv4}, ip, udp(t, ip, 40001, 53)))

	// The stack took the tag out of the frame before the hook.
	if key := onlyFlow(t, correct.Maps["flows"]); key.Vlan != 100 {
		t.Errorf("VLAN %d, want 100", key.Vlan)
	}
	if tags := counter(t, wrong, "tags"); tags != 0 {
		t.Errorf("found %d tags", tags)
	} else {
		t.Log("found 0 VLAN tags in 1 frame that was sent with tag 100")
	}
}

func TestLinearOnly(t *testing.T) {
	left, right := testnet.Veth(t, testnet.New(t), testnet.New(t))
	wrong, correct := load(t, loadLinearOnly, nil), load(t, loadPull, nil)
	attachTCX(t, left, wrong.Programs["linear_only"], ebpf.AttachTCXEgress)
	// Behind the wrong one, which must not profit from the pull.
	attachTCX(t, left, correct.Programs["pull_payload"], ebpf.AttachTCXEgress)

	send(t, left, right, request)
	if seen := counter(t, correct, "requests"); seen != 1 {
		t.Errorf("pull_payload saw %d requests, want 1", seen)
	}
	if seen := counter(t, wrong, "requests"); seen != 0 {
		t.Errorf("linear_only saw %d requests", seen)
	} else {
		t.Log("saw 0 of 1 requests")
	}
}

// send passes bytes over a TCP connection and sees them arrive.
func send(t *testing.T, from, to testnet.End, payload []byte) {
	t.Helper()
	var listener net.Listener
	if err := to.Do(func() (err error) {
		listener, err = net.Listen("tcp4", net.JoinHostPort(to.IPv4.String(), "80"))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	out, err := from.Dial("tcp4", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	in, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if _, err := out.Write(payload); err != nil {
		t.Fatal(err)
	}
	received := make([]byte, len(payload))
	in.SetReadDeadline(time.Now().Add(testnet.Patience))
	if _, err := in.Read(received); err != nil || !bytes.Equal(received, payload) {
		t.Fatalf("received %q: %v", received, err)
	}
}

// TestStaleChecksum sends a datagram to an address that a program at egress replaces by
// the receiver's.
func TestStaleChecksum(t *testing.T) {
	for _, test := range []struct {
		name string
		load func() (*ebpf.CollectionSpec, error)
		want int
	}{
		{"stale_checksum", loadStaleChecksum, 0},
		{"rewrite_ipv4", loadRewrite, 1},
	} {
		left, right := testnet.Veth(t, testnet.New(t), testnet.New(t))
		variables := map[string]any{"backend_address": networkOrder(right.IPv4.AsSlice())}
		if test.name == "rewrite_ipv4" {
			variables["backend_port"] = fromNetwork(7000)
		}
		attachTCX(t, left, load(t, test.load, variables).Programs[test.name], ebpf.AttachTCXEgress)
		got := datagrams(t, left, right)
		if got != test.want {
			t.Errorf("%s: %d datagrams arrived, want %d", test.name, got, test.want)
		} else if got == 0 {
			t.Logf("the receiver got %d of 1 datagrams", got)
		}
	}
}

// datagrams sends one to a neighbour's address that nobody has, and waits for it to
// arrive or to be refused for its checksum.
func datagrams(t *testing.T, from, to testnet.End) int {
	t.Helper()
	// An address of the same network; its MAC is the receiver's.
	virtual := net.IPv4(10, 77, 0, 99)
	if err := from.Do(func() error {
		return netlink.NeighAdd(&netlink.Neigh{
			LinkIndex: from.Link(t, from.Name).Attrs().Index, IP: virtual, HardwareAddr: to.MAC, State: netlink.NUD_PERMANENT,
		})
	}); err != nil {
		t.Fatalf("add neighbour: %v", err)
	}
	var receiver net.PacketConn
	if err := to.Do(func() (err error) {
		receiver, err = net.ListenPacket("udp4", net.JoinHostPort(to.IPv4.String(), "7000"))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	defer receiver.Close()
	tap := to.Tap(t)
	sender, err := from.Dial("udp4", net.JoinHostPort(virtual.String(), "7000"))
	if err != nil {
		t.Fatal(err)
	}
	defer sender.Close()
	if _, err := sender.Write(request); err != nil {
		t.Fatal(err)
	}

	// A veth pair hands over at once: what has not arrived when the tap has seen it
	// was thrown away by the stack.
	for deadline := time.Now().Add(testnet.Patience); len(tap.Frames()) == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the datagram did not even reach the device")
		}
	}
	receiver.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
	if _, _, err := receiver.ReadFrom(make([]byte, 1500)); err != nil {
		return 0
	}
	return 1
}

func TestNoFrags(t *testing.T) {
	left, right := testnet.Veth(t, testnet.New(t), testnet.New(t))
	for _, end := range []testnet.End{left, right} {
		if err := end.Do(func() error { return netlink.LinkSetMTU(end.Link(t, end.Name), 9000) }); err != nil {
			t.Fatalf("set MTU: %v", err)
		}
	}
	attach := func(program *ebpf.Program) error {
		return right.Do(func() error {
			l, err := link.AttachXDP(link.XDPOptions{
				Interface: right.Link(t, right.Name).Attrs().Index, Program: program, Flags: link.XDPDriverMode,
			})
			if err == nil {
				l.Close()
			}
			return err
		})
	}

	err := attach(load(t, loadNoFrags, nil).Programs["no_frags"])
	if err == nil || !strings.Contains(err.Error(), "numerical result out of range") {
		t.Errorf("attach: %v, want it refused for the MTU", err)
	} else {
		t.Log(err)
	}
	if err := attach(load(t, loadFrags, nil).Programs["frags_last_byte"]); err != nil {
		t.Errorf("attach with frags: %v", err)
	}
}

// A jumbo frame lies in several buffers, of which data_end ends the first.
func TestFrags(t *testing.T) {
	c := load(t, loadFrags, nil)
	packet := make([]byte, 9000)
	packet[len(packet)-1] = 0xa5
	run(t, c.Programs["frags_last_byte"], packet)
	if length, last := counter(t, c, "length"), counter(t, c, "last_byte"); length != 9000 || last != 0xa5 {
		t.Errorf("length %d, last byte %#x, want 9000, 0xa5", length, last)
	}
}

func TestDirect(t *testing.T) {
	c := load(t, loadDirect, nil)
	ip := ipv4(layers.IPProtocolUDP)
	query := build(t, ethernet(layers.EthernetTypeIPv4), ip, udp(t, ip, 40001, 53), request)
	other := build(t, ethernet(layers.EthernetTypeIPv4), ip, udp(t, ip, 40001, 54), request)
	fragment := append([]byte(nil), query...)
	binary.BigEndian.PutUint16(fragment[14+6:], 100)
	for _, packet := range [][]byte{query, other, fragment, query[:41]} {
		run(t, c.Programs["direct_dns"], packet)
	}
	if matched := counter(t, c, "matched"); matched != 1 {
		t.Errorf("matched %d packets, want 1", matched)
	}
}
