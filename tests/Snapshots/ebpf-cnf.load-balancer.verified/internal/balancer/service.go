// SPDX-License-Identifier: Apache-2.0

// Package balancer knows services and their backends: it reads them from a file, chooses backends for
// flows, finds the way to backends and watches their health. It knows nothing of BPF.
package balancer

import (
	"fmt"
	"net"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// Protocol is a transport protocol by its number.
type Protocol uint8

const (
	TCP Protocol = unix.IPPROTO_TCP
	UDP Protocol = unix.IPPROTO_UDP
)

func (p Protocol) String() string {
	if p == TCP {
		return "tcp"
	}
	return "udp"
}

// Endpoint is what clients send to.
type Endpoint struct {
	Address  netip.Addr
	Port     uint16
	Protocol Protocol
}

func (e Endpoint) String() string {
	return fmt.Sprintf("%s %s", e.Protocol, netip.AddrPortFrom(e.Address, e.Port))
}

// Mode is how packets get to the backends of a service.
type Mode string

const (
	// L2 changes the MAC addresses only: the backends are neighbours.
	L2 Mode = "l2"
	// IPIP puts the packet into another one, to a backend anywhere.
	IPIP Mode = "ipip"
)

// Service is an endpoint and those who serve it.
type Service struct {
	Name string
	Endpoint
	Forward Mode
	// Check is nil for a service whose backends are taken to be well.
	Check    *Check
	Backends []Backend
}

// Backend is a machine that has the service's address on its loopback device and answers clients itself.
type Backend struct {
	Address netip.Addr
	// Weight is its share of new flows. With 0 it keeps the flows that it has and gets no new ones.
	Weight int
	// MAC is its address, or that of the router to it. Without, the kernel's neighbour table tells.
	MAC net.HardwareAddr
}

// Check is how the health of backends is found out.
type Check struct {
	// Type is tcp, a connection, or http, a request that is answered with a status below 400.
	Type     string
	Port     uint16
	Path     string
	Interval time.Duration
	Timeout  time.Duration
	// Rise and Fall are how many results in a row it takes for a backend to come and to go.
	Rise, Fall int
}

// Identity is a backend of a service.
type Identity struct {
	Service Endpoint
	Address netip.Addr
}

// Endpoints lists what clients send to.
func Endpoints(services []Service) []Endpoint {
	list := make([]Endpoint, len(services))
	for i, service := range services {
		list[i] = service.Endpoint
	}
	return list
}
