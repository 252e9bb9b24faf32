// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestReportCountsFailuresAndNamesTheRemedy(t *testing.T) {
	var out strings.Builder
	failures, err := Report(&out, []Check{
		{"one", func() Result { return Passed("fine") }},
		{"two", func() Result { return Failed("broken\nin two lines", "mend it") }},
		{"three", func() Result { return Unknown("cannot tell") }},
	})
	if err != nil {
		t.Fatal(err)
	}
	if failures != 1 {
		t.Errorf("%d failures, want 1", failures)
	}
	want := "ok    one    fine\n" +
		"FAIL  two    broken in two lines\n" +
		"             -> mend it\n" +
		"?     three  cannot tell\n"
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
}

func TestParseRelease(t *testing.T) {
	for release, want := range map[string]Version{
		"6.1.0-50-cloud-amd64": {6, 1},
		"6.18.44":              {6, 18},
		"7.3.4+deb13":          {7, 3},
		"10.0-rc1":             {10, 0},
	} {
		got, err := parseRelease(release)
		if err != nil || got != want {
			t.Errorf("%s: got %v, %v, want %v", release, got, err, want)
		}
	}
	if _, err := parseRelease("linux"); err == nil {
		t.Error("a release without a number was accepted")
	}
}

func TestVersionLess(t *testing.T) {
	if !(Version{5, 19}).Less(Version{6, 1}) || !(Version{6, 1}).Less(Version{6, 12}) {
		t.Error("an older release is not less")
	}
	if (Version{6, 6}).Less(Version{6, 6}) || (Version{7, 0}).Less(Version{6, 18}) {
		t.Error("the same or a newer release is less")
	}
}

func TestKernelReleaseFailsOnAnOldKernel(t *testing.T) {
	if result := kernelRelease(Version{999, 0}).Run(); !result.Failed() {
		t.Error("this kernel passes for Linux 999")
	}
	if result := kernelRelease(Version{2, 6}).Run(); result.Failed() {
		t.Error("this kernel is older than Linux 2.6")
	}
}

func TestMissingBTFFailsWhereItIsNeeded(t *testing.T) {
	missing := t.TempDir() + "/vmlinux"
	if result := kernelTypes(missing, true).Run(); !result.Failed() {
		t.Error("missing BTF passes")
	}
	if result := kernelTypes(missing, false).Run(); result.Failed() {
		t.Error("missing BTF fails a hook that can do without")
	}
}

func TestMissingOptions(t *testing.T) {
	config := "# CONFIG_KPROBES is not set\nCONFIG_BPF=y\nCONFIG_VETH=m\nCONFIG_HZ=250\n"
	missing, err := missingOptions(strings.NewReader(config),
		[]string{"CONFIG_BPF", "CONFIG_VETH", "CONFIG_KPROBES", "CONFIG_HZ"})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"CONFIG_KPROBES", "CONFIG_HZ"}; !slices.Equal(missing, want) {
		t.Errorf("missing %v, want %v", missing, want)
	}
	if _, err := missingOptions(strings.NewReader(""), nil); err == nil {
		t.Error("an empty config was accepted")
	}
}

func TestIsMountLooksAtTheNearestAncestor(t *testing.T) {
	mounted, where, err := isMount("/proc/no/such/folder", unix.PROC_SUPER_MAGIC)
	if err != nil || !mounted || where != "/proc" {
		t.Errorf("got %v, %s, %v", mounted, where, err)
	}
	if result := bpfFileSystem("/proc/pins").Run(); !result.Failed() {
		t.Error("/proc passes for a BPF file system")
	}
}
