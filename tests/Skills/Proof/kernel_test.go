// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"fmt"
	"testing"

	"golang.org/x/sys/unix"
)

type kernel struct{ major, minor int }

func (k kernel) before(other kernel) bool {
	return k.major < other.major || k.major == other.major && k.minor < other.minor
}

func runningKernel(t *testing.T) kernel {
	t.Helper()
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		t.Fatal(err)
	}
	return parseKernel(t, unix.ByteSliceToString(name.Release[:]))
}

func parseKernel(t *testing.T, version string) kernel {
	t.Helper()
	var k kernel
	if _, err := fmt.Sscanf(version, "%d.%d", &k.major, &k.minor); err != nil {
		t.Fatalf("read kernel version %q: %v", version, err)
	}
	return k
}

// outcomeOn is what must happen on a kernel: what the header says within its range,
// and the other thing outside.
func (e expectation) outcomeOn(t *testing.T, k kernel) string {
	t.Helper()
	tooOld := e.From != "" && k.before(parseKernel(t, e.From))
	tooNew := e.Before != "" && !k.before(parseKernel(t, e.Before))
	if tooOld || tooNew {
		return e.Otherwise
	}
	return e.Outcome
}

func TestOutcomeFollowsTheRange(t *testing.T) {
	ranged := expectation{Outcome: "loads", From: "6.4", Before: "6.12", Otherwise: "refused"}
	for version, want := range map[string]string{"6.1.9": "refused", "6.4-rc1": "loads", "6.11": "loads", "6.12.1": "refused", "7.0": "refused"} {
		if got := ranged.outcomeOn(t, parseKernel(t, version)); got != want {
			t.Errorf("%s: %s, want %s", version, got, want)
		}
	}
}
