// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"example.com/my-cnf/internal/privilege"
)

// Were one of them not needed, manifests and units would grant it for nothing.
func TestEachMissingCapabilityIsNamed(t *testing.T) {
	b := place(t)
	for i, missing := range capabilities {
		name := privilege.Capability(missing).String()
		t.Run(name, func(t *testing.T) {
			rest := slices.Delete(slices.Clone(capabilities), i, i+1)
			expectRefusal(t, b.launch(t, identity{uid: 65532, capabilities: rest}), name+" missing")
			expectAttached(t, b, 0)
		})
	}
}

// clsact is the one way of attaching that needs them later: to follow interfaces, and to take filters away.
func TestCapabilitiesAreDroppedOnceAttached(t *testing.T) {
	b := place(t)
	p := b.launch(t, identity{uid: 65532, capabilities: capabilities})
	p.awaitReady()
	const dropped, kept = "capabilities dropped", "capabilities are kept"
	eventually(t, func() error {
		if log := p.log(); !strings.Contains(log, dropped) && !strings.Contains(log, kept) {
			return fmt.Errorf("nothing is said about capabilities:\n%s", log)
		}
		return nil
	})

	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.command.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	needed := strings.Contains(p.log(), "mode=clsact")
	for _, set := range []string{"CapPrm", "CapEff"} {
		if has := !strings.Contains(string(status), set+":\t0000000000000000\n"); has != needed {
			t.Errorf("%s: has capabilities %t, want %t:\n%s", set, has, needed, status)
		}
	}
	p.stop()
}
