// SPDX-License-Identifier: Apache-2.0
// proof: misbehaves
// shown-by: TestNamedNamespace
// message: is still there when nobody uses it any more

// Package namednamespace makes namespaces as ip netns does.
package namednamespace

import (
	"runtime"

	"github.com/vishvananda/netns"
)

// New is wrong: the name is a mount, which a test that is killed leaves behind.
func New(name string) (netns.NsHandle, error) {
	type result struct {
		handle netns.NsHandle
		err    error
	}
	made := make(chan result, 1)
	go func() {
		// Never unlocked, so that the thread ends.
		runtime.LockOSThread()
		handle, err := netns.NewNamed(name)
		made <- result{handle, err}
	}()
	r := <-made
	return r.handle, r.err
}
