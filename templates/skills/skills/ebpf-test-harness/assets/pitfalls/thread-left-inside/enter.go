// SPDX-License-Identifier: Apache-2.0
// proof: misbehaves
// shown-by: TestThreadLeftInside
// message: the thread is still in the namespace

// Package threadleftinside gives a thread back in the state that it is in.
package threadleftinside

import (
	"runtime"

	"github.com/vishvananda/netns"
)

// Do is wrong: the thread goes on with another goroutine, in the same namespace.
func Do(path string, fn func() error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	handle, err := netns.GetFromPath(path)
	if err != nil {
		return err
	}
	defer handle.Close()
	if err := netns.Set(handle); err != nil {
		return err
	}
	return fn()
}
