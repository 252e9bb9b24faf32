// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"flag"
	"strings"
)

// sameOnEveryKernel are tests of the program's own conduct, and of what another test shows as well.
// With -test.short they are left out: make test-kernels passes it, because emulated machines are
// slow and this machine's kernel is enough for them.
var sameOnEveryKernel = []string{
	"TestDemo",
	"TestDirection",
	"TestDirectionAndAnchor",
	"TestEventsAreLogged",
	"TestExcludedInterfacesAreLeftAlone",
	"TestFullTableEvictsAndCounts",
	"TestInterfacesOfAPatternAreFollowed",
	"TestNoFlowTable",
	"TestNoInterfaceIsRefused",
	"TestNoPrivilegeIsRefused",
	"TestPinOutsideOfBPFFileSystemIsRefused",
	"TestPinnedStateSurvivesRestarts",
	"TestPortInUseIsRefused",
	"TestReadyUntilStopped",
	"TestRemovedInterfaceEndsTheRun",
	"TestScrapeOfAFullTableIsQuick",
	"TestSecondInstanceIsRefused",
	"TestSides",
	"TestUnknownCgroupIsRefused",
	"TestUnknownInterfaceIsRefused",
	"TestVersionNamesTheHook",
	"TestWrongOptionsAreRefused",
}

// onlyByName are measurements, which prove nothing by passing.
var onlyByName = []string{"TestCost"}

// leaveOut is for what the flags select from: a test that is asked for by name runs in any case.
func leaveOut() error {
	if flag.Lookup("test.run").Value.String() != "" {
		return nil
	}
	names := onlyByName
	if flag.Lookup("test.short").Value.String() == "true" {
		names = append(names, sameOnEveryKernel...)
	}
	return flag.Set("test.skip", anyOf(names))
}

func anyOf(names []string) string {
	patterns := make([]string, len(names))
	for i, name := range names {
		patterns[i] = "^" + name + "$"
	}
	return strings.Join(patterns, "|")
}
