// SPDX-License-Identifier: Apache-2.0
// proof: misbehaves
// shown-by: TestNetkitPeer
// message: permission denied

// Package netkitpeer goes to the peer to attach to the peer.
package netkitpeer

import (
	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
)

// Attach is wrong: peer is the index of the device in the pod.
func Attach(program *ebpf.Program, peer int) (link.Link, error) {
	return link.AttachNetkit(link.NetkitOptions{
		Interface: peer,
		Program:   program,
		Attach:    ebpf.AttachNetkitPeer,
	})
}
