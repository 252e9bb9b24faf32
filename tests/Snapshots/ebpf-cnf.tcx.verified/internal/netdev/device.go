// SPDX-License-Identifier: Apache-2.0

package netdev

import (
	"context"
	"fmt"

	"github.com/vishvananda/netlink"
)

// Device is an interface as far as attaching to it is concerned.
type Device struct {
	Index int
	Name  string
	// Kind is the type of a virtual device, such as veth or netkit.
	Kind string
	MTU  int
	// Ethernet is false for devices whose packets begin with the IP header.
	Ethernet bool
}

func list() ([]Device, error) {
	links, err := netlink.LinkList()
	if err != nil {
		return nil, fmt.Errorf("list interfaces: %w", err)
	}
	devices := make([]Device, len(links))
	for i, link := range links {
		devices[i] = FromLink(link)
	}
	return devices, nil
}

// FromLink describes an interface that netlink has returned.
func FromLink(link netlink.Link) Device {
	attributes := link.Attrs()
	return Device{
		Index: attributes.Index,
		Name:  attributes.Name,
		Kind:  link.Type(),
		MTU:   attributes.MTU,
		// A netkit device in L3 mode, too, has Ethernet headers: with empty addresses.
		Ethernet: attributes.EncapType == "ether" || attributes.EncapType == "loopback",
	}
}

// subscribe returns a channel that has a value whenever some interface has changed since
// the last one was taken. It is closed when ctx ends, or when the kernel had more to say than the
// socket could hold.
func subscribe(ctx context.Context) (<-chan struct{}, error) {
	updates := make(chan netlink.LinkUpdate, 64)
	done := make(chan struct{})
	if err := netlink.LinkSubscribe(updates, done); err != nil {
		return nil, fmt.Errorf("subscribe to interfaces: %w", err)
	}
	context.AfterFunc(ctx, func() { close(done) })

	changes := make(chan struct{}, 1)
	go func() {
		defer close(changes)
		for range updates {
			select {
			case changes <- struct{}{}:
			default:
			}
		}
	}()
	return changes, nil
}
