// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"strings"
	"testing"
)

// deniedFlows is as many as there are addresses on a deny list.
const deniedFlows = 512

// firstSources are the sources of that many flows: all packets are dropped.
var firstSources = denied(10<<24, 1)

func nftDenies(t *testing.T) path {
	t.Helper()
	set := "set denied {\ntype ipv4_addr\nelements = { " + strings.Join(firstSources, ", ") + " }\n}"
	return nftPath(t, deniedFlows, set, "ip saddr @denied counter drop")
}

// firewallDenies starts the CNF in its own place, and its packets come as the hook wants them.
func firewallDenies(t *testing.T, b *bench, pin string, inject *generator) path {
	t.Helper()
	args := append([]string{"--pin", pin}, withRules(denyList(firstSources))(t)...)
	p := b.start(t, args...)
	return path{inject, func() float64 { return packetCounts(p).dropped }}
}
