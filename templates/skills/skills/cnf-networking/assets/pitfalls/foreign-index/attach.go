// SPDX-License-Identifier: Apache-2.0
// proof: misbehaves
// shown-by: TestForeignIndex
// message: attached to uplink0 of the host instead of eth0 of the pod

// Package foreignindex finds a device in one namespace and attaches in another.
package foreignindex

import (
	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// Attach is wrong: the handle looks into the pod, the attachment happens here.
func Attach(program *ebpf.Program, pod netns.NsHandle, name string) (link.Link, error) {
	there, err := netlink.NewHandleAt(pod, unix.NETLINK_ROUTE)
	if err != nil {
		return nil, err
	}
	defer there.Close()
	device, err := there.LinkByName(name)
	if err != nil {
		return nil, err
	}
	return link.AttachXDP(link.XDPOptions{
		Program:   program,
		Interface: device.Attrs().Index,
		Flags:     link.XDPGenericMode,
	})
}
