// SPDX-License-Identifier: Apache-2.0
// proof: misbehaves
// shown-by: TestNetkitZeroValues
// message: got mode l2 and no scrubbing, where the kernel's defaults are l3 and scrubbing

// Package netkitzerovalues makes a netkit pair with what the library takes for defaults.
package netkitzerovalues

import "github.com/vishvananda/netlink"

// Make is wrong: what is not set is sent all the same, as zero.
func Make(name, peer string) error {
	device := &netlink.Netkit{LinkAttrs: netlink.LinkAttrs{Name: name}}
	device.SetPeerAttrs(&netlink.LinkAttrs{Name: peer})
	return netlink.LinkAdd(device)
}
