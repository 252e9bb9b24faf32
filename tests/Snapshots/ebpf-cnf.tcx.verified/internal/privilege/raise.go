// SPDX-License-Identifier: Apache-2.0

package privilege

import (
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Raise makes every permitted capability effective. A binary whose file permits
// capabilities without making them effective (setcap …+p) starts with none. In return it
// also starts where one of them is withheld, which setcap …+ep forbids, and can say which.
func Raise() error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return fmt.Errorf("read capabilities: %w", err)
	}
	if data[0].Effective == data[0].Permitted && data[1].Effective == data[1].Permitted {
		return nil
	}

	for i := range data {
		data[i].Effective = data[i].Permitted
	}
	if _, _, errno := syscall.AllThreadsSyscall(unix.SYS_CAPSET,
		uintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&data[0])), 0); errno != 0 {
		return fmt.Errorf("raise capabilities: %w", errno)
	}
	return nil
}
