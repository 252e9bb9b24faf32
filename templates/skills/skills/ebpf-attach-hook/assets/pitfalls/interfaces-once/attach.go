// SPDX-License-Identifier: Apache-2.0
// proof: misbehaves
// shown-by: TestInterfacesOnce
// message: left0 came later and is not attached to

// Package interfacesonce looks once.
package interfacesonce

import "github.com/vishvananda/netlink"

// Attach is wrong: interfaces come and go.
func Attach(attach func(name string, index int) error) error {
	links, err := netlink.LinkList()
	if err != nil {
		return err
	}
	for _, found := range links {
		if err := attach(found.Attrs().Name, found.Attrs().Index); err != nil {
			return err
		}
	}
	return nil
}
