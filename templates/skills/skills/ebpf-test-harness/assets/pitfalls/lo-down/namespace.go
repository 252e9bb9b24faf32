// SPDX-License-Identifier: Apache-2.0
// proof: misbehaves
// shown-by: TestLoDown
// message: network is unreachable

// Package lodown leaves the loopback device as it finds it.
package lodown

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// Do is wrong for what uses 127.0.0.1: in a new namespace lo is down.
func Do(fn func() error) error {
	result := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			result <- err
			return
		}
		result <- fn()
	}()
	return <-result
}
