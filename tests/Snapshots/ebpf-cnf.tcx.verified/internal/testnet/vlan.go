// SPDX-License-Identifier: Apache-2.0

package testnet

import (
	"errors"
	"fmt"
	"net/netip"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// VLAN puts a VLAN device on both ends of a pair and returns them, with addresses
// of their own. The error is the kernel's when it has no VLAN devices.
func VLAN(t testing.TB, left, right End, id int) (leftVLAN, rightVLAN End, err error) {
	t.Helper()
	ends := []End{left, right}
	for i, end := range ends {
		parent := end.Link(t, end.Name)
		ends[i].Name = fmt.Sprintf("%s.%d", end.Name, id)
		ends[i].IPv4 = netip.AddrFrom4([4]byte{10, 78, 0, byte(i + 1)})
		ends[i].IPv6 = netip.MustParseAddr(fmt.Sprintf("fd78::%d", i+1))
		link := &netlink.Vlan{
			LinkAttrs:    netlink.LinkAttrs{Name: ends[i].Name, ParentIndex: parent.Attrs().Index},
			VlanId:       id,
			VlanProtocol: netlink.VLAN_PROTOCOL_8021Q,
		}
		err := end.netlink.LinkAdd(link)
		if errors.Is(err, unix.EOPNOTSUPP) {
			return ends[0], ends[1], err
		}
		if err != nil {
			t.Fatalf("make VLAN device %s: %v", ends[i].Name, err)
		}
	}
	Connect(t, ends[0], ends[1])
	return ends[0], ends[1], nil
}
