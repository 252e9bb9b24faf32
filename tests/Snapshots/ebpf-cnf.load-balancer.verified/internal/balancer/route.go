// SPDX-License-Identifier: Apache-2.0

package balancer

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Route is the way to a backend: the interface, the next hop's and the interface's MAC address, and the
// address that this machine has there.
type Route struct {
	Interface   int
	Destination [6]byte
	Source      [6]byte
	Local       netip.Addr
}

// ErrUnresolved means that the next hop's MAC address is not known yet. The kernel has been made to ask for it.
var ErrUnresolved = errors.New("the next hop has not told its MAC address yet")

// Resolver finds routes in the kernel's tables as they are now, which needs no privilege. Make a new one to look again.
type Resolver struct {
	links      map[int]netlink.Link
	neighbours map[neighbourhood][]netlink.Neigh
}

type neighbourhood struct{ index, family int }

// NewResolver makes a resolver that has not looked yet.
func NewResolver() *Resolver {
	return &Resolver{map[int]netlink.Link{}, map[neighbourhood][]netlink.Neigh{}}
}

// Find finds the way to a backend.
func (r *Resolver) Find(backend Backend, mode Mode) (Route, error) {
	routes, err := netlink.RouteGet(backend.Address.AsSlice())
	if err != nil {
		return Route{}, fmt.Errorf("find route: %w", err)
	}
	if len(routes) == 0 || routes[0].Type != unix.RTN_UNICAST {
		return Route{}, errors.New("find route: it is no other machine")
	}
	found := routes[0]
	if len(found.Gw) > 0 && mode == L2 {
		return Route{}, fmt.Errorf("it is behind router %s: use forward: ipip", found.Gw)
	}
	link, err := r.link(found.LinkIndex)
	if err != nil {
		return Route{}, fmt.Errorf("find interface: %w", err)
	}
	route := Route{Interface: found.LinkIndex}
	if len(link.Attrs().HardwareAddr) != len(route.Source) {
		return Route{}, fmt.Errorf("interface %s has no MAC address", link.Attrs().Name)
	}
	copy(route.Source[:], link.Attrs().HardwareAddr)
	if local, ok := netip.AddrFromSlice(found.Src); ok {
		route.Local = local.Unmap()
	}
	if backend.MAC != nil {
		copy(route.Destination[:], backend.MAC)
		return route, nil
	}
	next := backend.Address
	if gateway, ok := netip.AddrFromSlice(found.Gw); ok {
		next = gateway.Unmap()
	}
	return route, r.resolve(&route, link, next)
}

func (r *Resolver) link(index int) (netlink.Link, error) {
	if link, ok := r.links[index]; ok {
		return link, nil
	}
	link, err := netlink.LinkByIndex(index)
	if err == nil {
		r.links[index] = link
	}
	return link, err
}

// resolve looks the next hop up among the neighbours. A stale neighbour is as good as any, but asked again.
func (r *Resolver) resolve(route *Route, link netlink.Link, next netip.Addr) error {
	neighbours, err := r.list(route.Interface, next)
	if err != nil {
		return fmt.Errorf("list neighbours: %w", err)
	}
	const unknown = netlink.NUD_INCOMPLETE | netlink.NUD_FAILED | netlink.NUD_NONE
	for _, neighbour := range neighbours {
		address, _ := netip.AddrFromSlice(neighbour.IP)
		if address.Unmap() != next || neighbour.State&unknown != 0 || len(neighbour.HardwareAddr) != len(route.Destination) {
			continue
		}
		copy(route.Destination[:], neighbour.HardwareAddr)
		if neighbour.State&netlink.NUD_STALE != 0 {
			ask(link, next)
		}
		return nil
	}
	ask(link, next)
	return ErrUnresolved
}

func (r *Resolver) list(index int, next netip.Addr) ([]netlink.Neigh, error) {
	key := neighbourhood{index, unix.AF_INET6}
	if next.Is4() {
		key.family = unix.AF_INET
	}
	if list, ok := r.neighbours[key]; ok {
		return list, nil
	}
	list, err := netlink.NeighList(key.index, key.family)
	if err == nil {
		r.neighbours[key] = list
	}
	return list, err
}

// ask sends an empty datagram to the discard port: to send it, the kernel must find out the MAC address.
func ask(link netlink.Link, next netip.Addr) {
	if next.IsLinkLocalUnicast() {
		next = next.WithZone(link.Attrs().Name)
	}
	const discard = 9
	conn, err := net.Dial("udp", netip.AddrPortFrom(next, discard).String())
	if err != nil {
		return
	}
	defer conn.Close()
	conn.Write(nil)
}
