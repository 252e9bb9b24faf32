// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"fmt"
	"testing"
)

// TestBenchParser measures what it costs to understand more than UDP over IPv4.
func TestBenchParser(t *testing.T) {
	const flows = 1 << 10
	settings := caseNamed(t, "totals alone")
	b, pin := place(t), bpffs(t)
	p := b.start(t, append([]string{"--pin", pin}, settings.args(t)...)...)
	peer := loadPeer(t, "parser", 0)
	both := costs(t, b, flows, pinnedProgram(t, pin), onlyProgram(t, peer))
	settings.expectCounts(t, peerCounts(t, peer), flows)
	p.stop()
	recordFigure(t, figure{"complete parser beside one for UDP over IPv4", fmt.Sprintf("%.1f ns more", both[0]-both[1]), "5 ns"})
}
