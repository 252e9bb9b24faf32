// SPDX-License-Identifier: Apache-2.0
// proof: misbehaves
// shown-by: TestChattyDevice
// message: packets were sent, and the test has sent none

// Package chattydevice lets devices say what they like.
package chattydevice

import "github.com/vishvananda/netlink"

// Pair is wrong for tests that count: IPv6 looks for routers, groups and its own address.
func Pair(left, right string) error {
	pair := &netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: left}, PeerName: right}
	if err := netlink.LinkAdd(pair); err != nil {
		return err
	}
	for _, name := range []string{left, right} {
		link, err := netlink.LinkByName(name)
		if err != nil {
			return err
		}
		if err := netlink.LinkSetUp(link); err != nil {
			return err
		}
	}
	return nil
}
