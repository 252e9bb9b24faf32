// SPDX-License-Identifier: Apache-2.0
// proof: misbehaves
// shown-by: TestNoControlRun
// message: the test says blocked, and no program is attached

// Package nocontrolrun takes silence for success.
package nocontrolrun

import (
	"errors"
	"net"
	"os"
	"time"
)

// Blocked is wrong: it is true whatever the reason is that nothing arrives.
func Blocked(receiver net.PacketConn, send func()) bool {
	send()
	receiver.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	_, _, err := receiver.ReadFrom(make([]byte, 1500))
	return errors.Is(err, os.ErrDeadlineExceeded)
}
