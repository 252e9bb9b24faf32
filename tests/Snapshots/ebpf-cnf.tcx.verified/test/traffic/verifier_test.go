// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"errors"
	"os"
	"testing"

	"github.com/cilium/ebpf"
)

// verifierRoom is half of what a verifier looks at before it gives up: the next change, or the next kernel, may need
// some of the rest.
const verifierRoom = 500_000

// expectRoomInTheVerifier looks at the programs that a user has loaded. How many instructions are verified depends on
// the kernel, and on the capabilities of that user.
func expectRoomInTheVerifier(t *testing.T, uid uint32) {
	t.Helper()
	programs := 0
	for id, err := ebpf.ProgramGetNextID(0); !errors.Is(err, os.ErrNotExist); id, err = ebpf.ProgramGetNextID(id) {
		must(t, err)
		info := programInfo(t, id)
		if info == nil {
			continue
		}
		if creator, ok := info.CreatedByUID(); !ok || creator != uid {
			continue
		}
		verified, ok := info.VerifiedInstructions()
		if !ok {
			t.Fatal("the kernel does not say how many instructions it has verified")
		}
		t.Logf("verified: %s %d", info.Name, verified)
		if verified > verifierRoom {
			t.Errorf("%s: %d instructions were verified, want at most %d", info.Name, verified, verifierRoom)
		}
		programs++
	}
	if programs == 0 {
		t.Errorf("user %d has loaded no program", uid)
	}
}

// programInfo returns nil for a program that is gone by now.
func programInfo(t *testing.T, id ebpf.ProgramID) *ebpf.ProgramInfo {
	t.Helper()
	program, err := ebpf.NewProgramFromID(id)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	must(t, err)
	defer program.Close()
	info, err := program.Info()
	must(t, err)
	return info
}
