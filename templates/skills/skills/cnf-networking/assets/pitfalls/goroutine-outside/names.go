// SPDX-License-Identifier: Apache-2.0
// proof: misbehaves
// shown-by: TestGoroutineOutside
// message: eth0 is not among the devices that the goroutine sees

// Package goroutineoutside starts a goroutine inside a namespace.
package goroutineoutside

import (
	"github.com/vishvananda/netlink"
	"golang.org/x/sync/errgroup"
)

// Devices is wrong: the goroutine runs on another thread, which is still outside.
func Devices(inside func(func() error) error) (devices []netlink.Link, err error) {
	err = inside(func() error {
		var group errgroup.Group
		group.Go(func() (err error) {
			devices, err = netlink.LinkList()
			return err
		})
		return group.Wait()
	})
	return devices, err
}
