// SPDX-License-Identifier: Apache-2.0
// proof: misbehaves
// shown-by: TestGoroutineOutside
// message: no such network interface

// Package goroutineoutside starts a goroutine inside of a namespace.
package goroutineoutside

import (
	"net"

	"example.com/my-cnf/internal/testnet"
)

// Index is wrong: a new goroutine runs on another thread, which is outside.
func Index(n *testnet.Namespace, device string) (index int, err error) {
	type answer struct {
		device *net.Interface
		err    error
	}
	answers := make(chan answer, 1)
	err = n.Do(func() error {
		go func() {
			found, err := net.InterfaceByName(device)
			answers <- answer{found, err}
		}()
		return nil
	})
	if err != nil {
		return 0, err
	}
	a := <-answers
	if a.err != nil {
		return 0, a.err
	}
	return a.device.Index, nil
}
