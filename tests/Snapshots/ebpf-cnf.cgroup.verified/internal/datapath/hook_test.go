// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"strings"
	"testing"
)

func TestHookOptionsValidate(t *testing.T) {
	for _, direction := range []string{"ingress", "egress", "both"} {
		if err := (&HookOptions{Path: "/sys/fs/cgroup/x", Direction: direction}).Validate(); err != nil {
			t.Errorf("direction %s: %v", direction, err)
		}
	}
	for name, options := range map[string]HookOptions{
		"no path":           {Direction: "both"},
		"relative path":     {Path: "system.slice", Direction: "both"},
		"unknown direction": {Path: "/sys/fs/cgroup", Direction: "sideways"},
	} {
		if err := options.Validate(); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

func TestOpenCgroupRefusesOtherFolders(t *testing.T) {
	_, _, err := openCgroup("/proc")
	if err == nil || !strings.Contains(err.Error(), "no cgroup v2 folder") {
		t.Errorf("got %v", err)
	}
	if _, _, err := openCgroup(t.TempDir() + "/missing"); err == nil {
		t.Error("a missing folder is accepted")
	}
}
