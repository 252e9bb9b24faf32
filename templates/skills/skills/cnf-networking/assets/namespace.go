// SPDX-License-Identifier: Apache-2.0

package network

import (
	"fmt"
	"os"
	"runtime"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// inside runs fn in the network namespace that a path names, such as /run/netns/NAME or
// /proc/PID/ns/net. Threads have namespaces, goroutines have not: fn must not start any that count on
// this one. The thread is never unlocked, so that it ends with fn instead of serving others from there.
func inside(path string, fn func() error) error {
	namespace, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("open network namespace: %w", err)
	}
	defer namespace.Close()

	result := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		if err := unix.Setns(int(namespace.Fd()), unix.CLONE_NEWNET); err != nil {
			result <- fmt.Errorf("enter network namespace %s: %w", path, err)
			return
		}
		result <- fn()
	}()
	return <-result
}

// attachInside attaches to what a device in another namespace receives. Its index means something
// only there, so that finding and attaching happen on the same thread. The link can be used anywhere.
func attachInside(path, name string, program *ebpf.Program) (attached link.Link, err error) {
	err = inside(path, func() error {
		device, err := netlink.LinkByName(name)
		if err != nil {
			return fmt.Errorf("find interface %s: %w", name, err)
		}
		attached, err = link.AttachTCX(link.TCXOptions{
			Interface: device.Attrs().Index,
			Program:   program,
			Attach:    ebpf.AttachTCXIngress,
			Anchor:    link.Tail(),
		})
		if err != nil {
			return fmt.Errorf("attach to interface %s: %w", name, err)
		}
		return nil
	})
	return attached, err
}
