// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"testing"

	"example.com/my-cnf/internal/testnet"
)

func TestUnknownInterfaceIsRefused(t *testing.T) {
	inside := testnet.New(t)
	expectRefusal(t, launch(t, inside, identity{}, "run", "--interface", "nosuch0"), "nosuch0")
}

// An interface that was named must be there all the time.
func TestRemovedInterfaceEndsTheRun(t *testing.T) {
	b := place(t)
	p := b.start(t)
	b.near.Remove(t, b.near.Name)
	expectRefusal(t, p, b.near.Name)
}
