// SPDX-License-Identifier: Apache-2.0

package network

import (
	"testing"

	"github.com/cilium/ebpf/link"

	"example.com/my-cnf/internal/testnet"
)

// The stack forwards nothing here: what arrives was redirected.
func newCut(t *testing.T) *routed {
	t.Helper()
	r := newRouted(t)
	setForwarding(t, r.router, false)
	return r
}

func mac(end testnet.End) [6]uint8 { return [6]uint8(end.MAC) }

func TestToNeighbour(t *testing.T) {
	for _, version := range []int{4, 6} {
		r := newCut(t)
		attach(t, r.near, ingress, redirectTo(t, r.far, mac(r.server)).ToNeighbour)
		attach(t, r.far, ingress, redirectTo(t, r.near, mac(r.client)).ToNeighbour)
		// Neighbour discovery of IPv6 is IP, too, and must not be redirected.
		for _, side := range [][2]testnet.End{{r.client, r.near}, {r.server, r.far}} {
			neighbour(t, side[0], side[1])
			neighbour(t, side[1], side[0])
		}
		sent := newSeen(t)
		attach(t, r.far, egress, sent.See)
		testnet.UDP(t, r.client, r.server, version, datagrams, 100)
		if packets := value[seenSeen](t, sent.Seen).Packets; version == 4 && packets != datagrams {
			t.Errorf("%d packets passed the egress hook of the target", packets)
		}
	}
}

func TestToDevice(t *testing.T) {
	r := newCut(t)
	attach(t, r.near, ingress, redirectTo(t, r.far, mac(r.server)).ToDevice)
	attach(t, r.far, ingress, redirectTo(t, r.near, mac(r.client)).ToDevice)
	testnet.UDP(t, r.client, r.server, 4, datagrams, 100)
}

func TestToPod(t *testing.T) {
	r := newCut(t)
	attach(t, r.near, ingress, redirectTo(t, r.far, mac(r.server)).ToPod)
	attach(t, r.far, ingress, redirectTo(t, r.near, mac(r.client)).ToPod)
	neighbour(t, r.client, r.near)
	neighbour(t, r.server, r.far)
	sent, received := newSeen(t), newSeen(t)
	attach(t, r.far, egress, sent.See)
	attach(t, r.server, ingress, received.See)
	testnet.UDP(t, r.client, r.server, 4, datagrams, 100)
	if packets := value[seenSeen](t, sent.Seen).Packets; packets != 0 {
		t.Errorf("%d packets passed the egress hook on the host's side", packets)
	}
	if packets := value[seenSeen](t, received.Seen).Packets; packets != datagrams {
		t.Errorf("%d packets passed the ingress hook in the namespace", packets)
	}
}

func TestMirror(t *testing.T) {
	r := newRouted(t)
	toObserver, observer := wire(t, place{r.router, "mirror0"}, place{testnet.New(t), "eth0"})
	address(t, &observer, "10.9.0.2/24")
	attach(t, r.near, ingress, redirectTo(t, toObserver, mac(observer)).Mirror)
	tap := observer.Tap(t)
	testnet.UDP(t, r.client, r.server, 4, datagrams, 100)
	const udp = 17
	if copies := received(tap, udp); copies != datagrams {
		t.Errorf("the observer got %d datagrams", copies)
	}
}

func TestOldMAC(t *testing.T) {
	r := newCut(t)
	drops := watchDrops(t, r.server.Namespace)
	var wrong oldMacObjects
	load(t, loadOldMac, &wrong, map[string]any{"target": index(t, r.far)})
	defer wrong.Close()
	detach := attach(t, r.near, ingress, wrong.OldMac)
	if arrived := arrivals(t, r.client, r.server, datagrams, 100, 0); arrived != 0 {
		t.Errorf("%d datagrams arrived", arrived)
	} else {
		t.Logf("%d of %d datagrams arrived", arrived, datagrams)
	}
	if reasons := dropsOf(t, drops, r.server); reasons["OTHERHOST"] != datagrams {
		t.Errorf("dropped: %v", reasons)
	} else {
		t.Log("the receiver dropped them with reason OTHERHOST")
	}

	detach()
	attach(t, r.near, ingress, redirectTo(t, r.far, mac(r.server)).ToDevice)
	if arrived := arrivals(t, r.client, r.server, datagrams, 100, datagrams); arrived != datagrams {
		t.Errorf("%d datagrams arrived the right way", arrived)
	}
}

func TestPeerAtEgress(t *testing.T) {
	r := newRouted(t)
	toOther, other := wire(t, place{r.router, "other0"}, place{testnet.New(t), "eth0"})
	address(t, &other, "10.2.0.2/24")
	address(t, &toOther, "10.9.0.1/24")
	neighbour(t, r.far, r.server)
	var wrong peerAtEgressObjects
	load(t, loadPeerAtEgress, &wrong, map[string]any{"target": index(t, toOther)})
	defer wrong.Close()
	attach(t, r.far, egress, wrong.PeerAtEgress)
	tap := other.Tap(t)
	const udp = 17
	if arrived := arrivals(t, r.client, r.server, datagrams, 100, 0) + received(tap, udp); arrived != 0 {
		t.Errorf("%d datagrams arrived", arrived)
	} else {
		t.Logf("%d of %d datagrams arrived", arrived, datagrams)
	}

	attach(t, r.near, ingress, redirectTo(t, toOther, mac(other)).ToPod)
	arrivals(t, r.client, r.server, datagrams, 100, 0)
	if arrived := received(tap, udp); arrived != datagrams {
		t.Errorf("%d datagrams arrived the right way", arrived)
	}
}

func TestMarkLost(t *testing.T) {
	left, right := testnet.Veth(t, testnet.New(t), testnet.New(t))
	objects := marks(t, left, right)
	testnet.UDP(t, left, right, 4, 1, 100)
	if found := value[uint32](t, objects.Found); found != 0 {
		t.Errorf("found mark %d", found)
	} else {
		t.Logf("set mark 7, and found %d in the next namespace", found)
	}
}

// marks sets a mark where one end sends, and looks for it where the other end receives.
func marks(t *testing.T, from, to testnet.End) *markLostObjects {
	t.Helper()
	objects := &markLostObjects{}
	load(t, loadMarkLost, objects, nil)
	t.Cleanup(func() { objects.Close() })
	attach(t, from, egress, objects.SetMark)
	attach(t, to, ingress, objects.FindMark)
	return objects
}

func TestXDPIntoVeth(t *testing.T) {
	client, server, near, far := newWire(t)
	var wrong xdpIntoVethObjects
	load(t, loadXdpIntoVeth, &wrong, map[string]any{"target": index(t, far)})
	defer wrong.Close()
	attachXDP(t, near, link.XDPDriverMode, wrong.XdpIntoVeth)
	if arrived := arrivalsOf(t, client, server, datagrams, 100, 0, false); arrived != 0 {
		t.Errorf("%d datagrams arrived", arrived)
	} else {
		t.Logf("%d of %d datagrams arrived", arrived, datagrams)
	}

	attachXDP(t, server, link.XDPDriverMode, newSeen(t).SeeXdp)
	if arrived := arrivalsOf(t, client, server, datagrams, 100, datagrams, false); arrived != datagrams {
		t.Errorf("%d datagrams arrived the right way", arrived)
	}

	// The sender left its checksums to whoever comes last, and XDP does not know.
	arrived := arrivals(t, client, server, datagrams, 100, 0)
	if wrongSums := counter(t, server.Namespace, "Udp:", "InCsumErrors"); arrived != 0 || wrongSums != datagrams {
		t.Errorf("%d datagrams with unfinished checksums arrived, %d had wrong ones", arrived, wrongSums)
	}
}

// newWire is a client and a server that think that they are neighbours, and a namespace between them.
func newWire(t *testing.T) (client, server, near, far testnet.End) {
	t.Helper()
	middle := testnet.New(t)
	near, client = wire(t, place{middle, "near0"}, place{testnet.New(t), "eth0"})
	far, server = wire(t, place{middle, "far0"}, place{testnet.New(t), "eth0"})
	quieten(t, client)
	quieten(t, server)
	address(t, &client, "10.1.0.1/24", "fd01::1/64")
	address(t, &server, "10.1.0.2/24", "fd01::2/64")
	neighbour(t, client, server)
	neighbour(t, server, client)
	return client, server, near, far
}

// A frame for somebody else is one for this host once it was redirected into its namespace.
func TestPeerPacketType(t *testing.T) {
	client, server, near, far := newWire(t)
	var plain chainObjects
	load(t, loadChain, &plain, nil)
	defer plain.Close()
	hop := chainHop{Ifindex: index(t, far), IntoNamespace: 1}
	if err := plain.Hops.Put(index(t, near), hop); err != nil {
		t.Fatal(err)
	}
	attach(t, near, ingress, plain.Steer)
	seen := newSeen(t)
	attach(t, server, ingress, seen.See)
	arrived := arrivals(t, client, server, datagrams, 100, datagrams)
	const packetHost = 0
	if found := value[seenSeen](t, seen.Seen); arrived != datagrams || found.PktType != packetHost {
		t.Errorf("%d of %d datagrams arrived with packet type %d", arrived, found.Packets, found.PktType)
	}
}
