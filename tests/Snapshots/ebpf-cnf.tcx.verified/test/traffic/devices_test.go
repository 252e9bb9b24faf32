// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"fmt"
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

func TestNoInterfaceIsRefused(t *testing.T) {
	expectRefusal(t, launch(t, testnet.New(t), identity{}, "run"), "--interface")
}

// One that matches a pattern may come and go, and nothing is ready while there is none.
func TestInterfacesOfAPatternAreFollowed(t *testing.T) {
	inside, outside := testnet.New(t), testnet.New(t)
	p := launch(t, inside, identity{}, "run", "--interface", "/left[0-9]/")
	unready := func() error {
		status, body, err := p.get("/readyz")
		if err == nil && status == 200 {
			err = fmt.Errorf("ready without an interface: %s", body)
		}
		return err
	}
	eventually(t, unready)

	for round := range 2 {
		near, far := testnet.Veth(t, inside, outside)
		b := &bench{near: near, far: far}
		p.awaitReady()
		testnet.UDP(t, near, far, 4, 5, 100)
		expectUDP(t, b, p.flows, uint64(5*(round+1)))
		near.Remove(t, near.Name)
		eventually(t, unready)
	}
	p.stop()
}

func TestExcludedInterfacesAreLeftAlone(t *testing.T) {
	b := place(t)
	p := launch(t, b.inside(), identity{}, "run", "--interface", "/.*/", "--exclude", "/^left/", "--exclude", "lo")
	eventually(t, func() error {
		_, _, err := p.get("/livez")
		return err
	})
	expectAttached(t, b, 0)
	p.stop()
}
