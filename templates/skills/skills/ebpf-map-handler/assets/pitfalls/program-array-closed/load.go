// SPDX-License-Identifier: Apache-2.0
// proof: misbehaves
// shown-by: TestProgramArrayClosed
// message: the program is still there, and its program array is empty

// Package programarrayclosed keeps a program and lets go of its program array.
package programarrayclosed

import "github.com/cilium/ebpf"

// Load is wrong.
func Load(spec *ebpf.CollectionSpec) (*ebpf.Program, error) {
	collection, err := ebpf.NewCollection(spec)
	if err != nil {
		return nil, err
	}
	// Closes all of its maps and programs, but for the detached one.
	defer collection.Close()
	return collection.DetachProgram("entry"), nil
}
