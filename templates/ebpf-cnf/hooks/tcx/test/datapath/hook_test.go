// SPDX-License-Identifier: Apache-2.0

package datapath

var entries = []entry{
	skbEntry("tcx_ingress", "ingress"),
	skbEntry("tcx_egress", "egress"),
	skbEntryL3("tcx_ingress_l3", "ingress"),
	skbEntryL3("tcx_egress_l3", "egress"),
}
