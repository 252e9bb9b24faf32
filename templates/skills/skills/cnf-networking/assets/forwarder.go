// SPDX-License-Identifier: Apache-2.0

package network

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"github.com/vishvananda/netlink"
)

// forwarder takes packets from some interfaces past most of the stack.
type forwarder struct {
	objects forwardObjects
	links   []link.Link
}

// startForwarder attaches to what the named interfaces of this namespace receive.
func startForwarder(interfaces ...string) (*forwarder, error) {
	f := &forwarder{}
	if err := loadForwardObjects(&f.objects, nil); err != nil {
		return nil, fmt.Errorf("load programs: %w", err)
	}
	for _, name := range interfaces {
		if err := f.attach(name); err != nil {
			return nil, errors.Join(err, f.Close())
		}
	}
	return f, nil
}

func (f *forwarder) attach(name string) error {
	// The lookup obeys this setting of the interface that the packet comes from.
	for _, family := range []string{"ipv4", "ipv6"} {
		value, err := os.ReadFile(filepath.Join("/proc/sys/net", family, "conf", name, "forwarding"))
		if err != nil {
			return fmt.Errorf("read whether %s forwards: %w", name, err)
		}
		if strings.TrimSpace(string(value)) == "0" {
			return fmt.Errorf("%s forwards no %s: set net.%s.conf.%s.forwarding=1", name, family, family, name)
		}
	}
	device, err := netlink.LinkByName(name)
	if err != nil {
		return fmt.Errorf("find interface %s: %w", name, err)
	}
	attached, err := link.AttachTCX(link.TCXOptions{
		Interface: device.Attrs().Index,
		Program:   f.objects.Forward,
		Attach:    ebpf.AttachTCXIngress,
		Anchor:    link.Tail(),
	})
	if err != nil {
		return fmt.Errorf("attach to %s: %w", name, err)
	}
	f.links = append(f.links, attached)
	return nil
}

// Close gives the packets back to the stack.
func (f *forwarder) Close() error {
	var all []error
	for _, attached := range f.links {
		all = append(all, attached.Close())
	}
	return errors.Join(append(all, f.objects.Close())...)
}
