// SPDX-License-Identifier: Apache-2.0
// proof: misbehaves
// shown-by: TestSignedVerdict
// message: verdict 4294967295, want -1

// Package signedverdict expects the number that the C code has returned.
package signedverdict

import "fmt"

// Next is wrong: verdicts are unsigned in Go, and TC_ACT_UNSPEC is -1 in C.
func Next(verdict uint32) error {
	if want := -1; int(verdict) != want {
		return fmt.Errorf("verdict %d, want %d", verdict, want)
	}
	return nil
}
