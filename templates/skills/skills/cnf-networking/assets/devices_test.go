// SPDX-License-Identifier: Apache-2.0

package network

import (
	"errors"
	"os"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	netkitzerovalues "example.com/my-cnf/internal/cnf-networking/pitfalls/netkit-zero-values"
	"example.com/my-cnf/internal/testnet"
)

// newBridged is a client and a server at two ports of a bridge.
func newBridged(t *testing.T) (client, server, bridge testnet.End, ports []testnet.End) {
	t.Helper()
	client, server, near, far := newWire(t)
	ports = []testnet.End{near, far}
	err := near.Do(func() error {
		br0 := &netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: "br0"}}
		if err := netlink.LinkAdd(br0); err != nil {
			return err
		}
		for _, port := range ports {
			if err := netlink.LinkSetMaster(port.Link(t, port.Name), br0); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatalf("make bridge: %v", err)
	}
	return client, server, up(t, place{near.Namespace, "br0"}), ports
}

func TestBridgeMaster(t *testing.T) {
	client, server, bridge, ports := newBridged(t)
	var wrong bridgeMasterObjects
	load(t, loadBridgeMaster, &wrong, nil)
	defer wrong.Close()
	attach(t, bridge, ingress, wrong.BridgeMaster)
	right := newSeen(t)
	for _, port := range ports {
		attach(t, port, ingress, right.See)
	}
	testnet.UDP(t, client, server, 4, datagrams, 100)

	passed := value[seenSeen](t, right.Seen).Packets
	if passed != 2*datagrams {
		t.Errorf("%d frames came in at the ports", passed)
	}
	if frames := value[uint64](t, wrong.Frames); frames != 0 {
		t.Errorf("counted %d frames", frames)
	} else {
		t.Logf("counted %d of %d frames that the bridge passed on", frames, passed)
	}
}

func TestVLANDevice(t *testing.T) {
	left, right := testnet.Veth(t, testnet.New(t), testnet.New(t))
	leftVLAN, rightVLAN, err := testnet.VLAN(t, left, right, 100)
	if err != nil {
		t.Skip("host: no VLAN devices")
	}
	var wrong vlanDeviceObjects
	load(t, loadVlanDevice, &wrong, nil)
	defer wrong.Close()
	attach(t, rightVLAN, ingress, wrong.VlanDevice)
	testnet.UDP(t, leftVLAN, rightVLAN, 4, datagrams, 100)
	if tags := value[uint64](t, wrong.Tags); tags != 0 {
		t.Errorf("found %d tags", tags)
	} else {
		t.Logf("found %d tags in %d packets of VLAN 100", tags, datagrams)
	}

	attach(t, right, ingress, wrong.VlanDevice)
	testnet.UDP(t, leftVLAN, rightVLAN, 4, datagrams, 100)
	if tags := value[uint64](t, wrong.Tags); tags != datagrams {
		t.Errorf("found %d tags on the device below", tags)
	}
}

// What tc programs find on both sides of a netkit pair.
func TestNetkitSides(t *testing.T) {
	for _, mode := range []netlink.NetkitMode{netlink.NETKIT_MODE_L3, netlink.NETKIT_MODE_L2} {
		left, right := netkit(t, mode)
		toPod, fromPod := newSeen(t), newSeen(t)
		attachNetkit(t, left, ebpf.AttachNetkitPrimary, toPod.See)
		attachNetkit(t, left, ebpf.AttachNetkitPeer, fromPod.See)
		generic := newSeen(t)
		attachXDP(t, right, link.XDPGenericMode, generic.SeeXdp)
		testnet.Ping(t, left, right, 4, datagrams, 56)
		if packets := value[seenSeen](t, generic.Seen).Packets; packets != datagrams {
			t.Errorf("generic XDP in the pod saw %d packets", packets)
		}
		for _, side := range []struct {
			name    string
			objects *seenObjects
			// The program runs after the packet has changed sides.
			ifindex uint32
		}{{"primary", toPod, index(t, right)}, {"peer", fromPod, index(t, left)}} {
			seen := value[seenSeen](t, side.objects.Seen)
			if seen.Packets != datagrams || seen.Ifindex != side.ifindex || seen.Length != 98 {
				t.Errorf("%s: %+v", side.name, seen)
			}
			macs := [12]uint8(seen.Ethernet[:12])
			if hasMACs := macs != [12]uint8{}; hasMACs != (mode == netlink.NETKIT_MODE_L2) {
				t.Errorf("%s, mode %v: MAC addresses %x", side.name, mode, macs)
			}
		}
	}
}

func TestNetkitNoHeader(t *testing.T) {
	left, right := netkit(t, netlink.NETKIT_MODE_L3)
	var wrong netkitNoHeaderObjects
	load(t, loadNetkitNoHeader, &wrong, nil)
	defer wrong.Close()
	attachNetkit(t, left, ebpf.AttachNetkitPrimary, wrong.NetkitNoHeader)
	attachNetkit(t, left, ebpf.AttachNetkitPeer, wrong.NetkitNoHeader)
	right4 := newSeen(t)
	attachNetkit(t, left, ebpf.AttachNetkitPeer, right4.See)
	testnet.UDP(t, left, right, 4, datagrams, 100)
	if headers := value[uint64](t, wrong.Headers); headers != 0 {
		t.Errorf("found %d IPv4 headers", headers)
	} else {
		t.Logf("found %d IPv4 headers in %d packets", headers, 2*datagrams)
	}
	if seen := value[seenSeen](t, right4.Seen); seen.Ethernet[12] != 8 || seen.Ethernet[13] != 0 {
		t.Errorf("the Ethernet header is %x", seen.Ethernet)
	}
}

// testnet.Netkit scrubs what the peer sends, and not what the primary sends.
func TestNetkitScrub(t *testing.T) {
	left, right := netkit(t, netlink.NETKIT_MODE_L3)
	toPod, fromPod := marks(t, left, right), marks(t, right, left)
	testnet.UDP(t, left, right, 4, 1, 100)
	if found := value[uint32](t, toPod.Found); found != 7 {
		t.Errorf("without scrubbing: found mark %d", found)
	}
	if found := value[uint32](t, fromPod.Found); found != 0 {
		t.Errorf("with scrubbing: found mark %d", found)
	}
}

func TestNetkitZeroValues(t *testing.T) {
	n := testnet.New(t)
	skipWithoutNetkit(t, n.Do(func() error { return netkitzerovalues.Make("nk0", "nk1") }))
	made := n.Link(t, "nk0").(*netlink.Netkit)
	if made.Mode != netlink.NETKIT_MODE_L2 || made.Scrub != netlink.NETKIT_SCRUB_NONE || made.PeerScrub != netlink.NETKIT_SCRUB_NONE {
		t.Errorf("got %+v", made)
	} else {
		t.Log("got mode l2 and no scrubbing, where the kernel's defaults are l3 and scrubbing")
	}
}

// A pod behind netkit, reached from another device without the queue of either.
func TestIntoNetkit(t *testing.T) {
	host := testnet.New(t)
	left, right, err := testnet.Netkit(t, host, testnet.New(t), netlink.NETKIT_MODE_L2)
	skipWithoutNetkit(t, err)
	near, client := wire(t, place{host, "near0"}, place{testnet.New(t), "eth0"})
	address(t, &near, "10.1.0.1/24")
	address(t, &client, "10.1.0.2/24")
	neighbour(t, client, near)
	neighbour(t, near, client)
	route(t, client.Namespace, "10.0.0.0/8", near.IPv4)
	route(t, right.Namespace, "10.0.0.0/8", left.IPv4)
	attach(t, near, ingress, redirectTo(t, left, mac(right)).ToPod)
	attachNetkit(t, left, ebpf.AttachNetkitPeer, redirectTo(t, near, mac(client)).ToNeighbour)
	testnet.UDP(t, client, right, 4, datagrams, 100)
}

func netkit(t *testing.T, mode netlink.NetkitMode) (left, right testnet.End) {
	t.Helper()
	left, right, err := testnet.Netkit(t, testnet.New(t), testnet.New(t), mode)
	skipWithoutNetkit(t, err)
	return left, right
}

func skipWithoutNetkit(t *testing.T, err error) {
	t.Helper()
	switch {
	case errors.Is(err, unix.EOPNOTSUPP) && os.Getenv("CNF_SKILLS_HOST") != "":
		t.Skip("host: no netkit")
	case errors.Is(err, unix.EOPNOTSUPP):
		t.Skip("needs Linux 6.7: netkit")
	case err != nil:
		t.Fatal(err)
	}
}
