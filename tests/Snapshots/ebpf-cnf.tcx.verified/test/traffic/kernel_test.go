// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// before tells whether the running kernel is older than a version.
func before(major, minor int) bool {
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		panic(err)
	}
	var gotMajor, gotMinor int
	release := unix.ByteSliceToString(name.Release[:])
	if _, err := fmt.Sscanf(release, "%d.%d", &gotMajor, &gotMinor); err != nil {
		panic(fmt.Sprintf("read kernel release %q: %v", release, err))
	}
	return gotMajor < major || gotMajor == major && gotMinor < minor
}

// skipUnlessOlder skips a test of a feature that the kernel says it lacks. A kernel that is new
// enough for it must have it, unless it was built without.
func skipUnlessOlder(t *testing.T, major, minor int, option string, cause error) {
	t.Helper()
	if before(major, minor) {
		t.Skipf("this kernel is older than %d.%d: %v", major, minor, cause)
	}
	if builtWithout(t, option) {
		t.Skipf("this kernel was built without %s: %v", option, cause)
	}
	t.Fatalf("this kernel should have %s: %v", option, cause)
}

func expectLog(t *testing.T, p *process, want string) {
	t.Helper()
	if !strings.Contains(p.log(), want) {
		t.Errorf("the log does not say %q:\n%s", want, p.log())
	}
}
