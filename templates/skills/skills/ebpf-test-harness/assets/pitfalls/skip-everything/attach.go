// SPDX-License-Identifier: Apache-2.0
// proof: misbehaves
// shown-by: TestSkipEverything
// message: skipped on a kernel that has the feature

// Package skipeverything takes every error for a missing feature.
package skipeverything

import (
	"testing"

	"github.com/cilium/ebpf/link"
)

// Attach is wrong: a broken test, and a broken program, look like an old kernel.
func Attach(t testing.TB, attach func() (link.Link, error)) {
	t.Helper()
	attached, err := attach()
	if err != nil {
		t.Skip("not supported on this kernel: ", err)
	}
	t.Cleanup(func() { attached.Close() })
}
