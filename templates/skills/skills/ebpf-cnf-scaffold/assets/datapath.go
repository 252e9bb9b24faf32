// SPDX-License-Identifier: Apache-2.0

// Package datapath holds what the skill ebpf-cnf-scaffold adds to a project. guard.go goes to
// internal/datapath; this file stands for what is there already.
package datapath

import (
	"encoding/binary"
	"log/slog"
)

// Datapath is as much of the project's type as guard.go needs.
type Datapath struct {
	log     *slog.Logger
	objects bpfObjects
}

// hostOrder converts a port from network byte order, and back.
func hostOrder(port uint16) uint16 {
	var bytes [2]byte
	binary.NativeEndian.PutUint16(bytes[:], port)
	return binary.BigEndian.Uint16(bytes[:])
}
