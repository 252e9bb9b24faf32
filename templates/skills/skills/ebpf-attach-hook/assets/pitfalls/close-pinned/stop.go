// SPDX-License-Identifier: Apache-2.0
// proof: misbehaves
// shown-by: TestClosePinned
// message: still attached after Close

// Package closepinned takes Close for detaching.
package closepinned

import "github.com/cilium/ebpf/link"

// Stop is wrong for a link that is pinned.
func Stop(attached link.Link) error { return attached.Close() }
