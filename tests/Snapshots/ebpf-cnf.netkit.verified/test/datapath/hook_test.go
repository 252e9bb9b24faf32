// SPDX-License-Identifier: Apache-2.0

package datapath

// The peer sends what comes from the pod, the primary what goes to it.
var entries = []entry{
	skbEntry("netkit_peer", "ingress"),
	skbEntry("netkit_primary", "egress"),
}
