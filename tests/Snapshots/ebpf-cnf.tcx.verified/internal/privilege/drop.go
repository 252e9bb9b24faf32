// SPDX-License-Identifier: Apache-2.0

package privilege

import (
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// DropAll empties the permitted, effective, inheritable and ambient sets of every
// thread. Capabilities belong to threads, so a plain capset would leave the
// others of the Go runtime as they were. With cgo there are threads that the runtime does not
// know of.
func DropAll() error {
	_, _, errno := syscall.AllThreadsSyscall6(unix.SYS_PRCTL, unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0, 0)
	switch {
	case errno == syscall.ENOTSUP:
		return fmt.Errorf("drop capabilities of all threads: %w: build with CGO_ENABLED=0", errno)
	case errno != 0:
		return fmt.Errorf("clear ambient capabilities: %w", errno)
	}

	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var none [2]unix.CapUserData
	if _, _, errno := syscall.AllThreadsSyscall(unix.SYS_CAPSET,
		uintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&none[0])), 0); errno != 0 {
		return fmt.Errorf("drop capabilities: %w", errno)
	}
	return nil
}
