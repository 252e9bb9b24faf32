// SPDX-License-Identifier: Apache-2.0
// proof: misbehaves
// shown-by: TestTracingUpdate
// message: not supported

// Package tracingupdate updates a kind of link that cannot be updated.
package tracingupdate

import (
	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
)

// Replace is wrong for kprobes, tracepoints and fentry.
func Replace(attached link.Link, program *ebpf.Program) error { return attached.Update(program) }
