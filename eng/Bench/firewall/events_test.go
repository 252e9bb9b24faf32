// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
)

// TestBenchEvents measures what a dropped packet costs more when one of 1,024 is reported.
func TestBenchEvents(t *testing.T) {
	b := place(t)
	silent, _ := denying(t, b)
	reporting, p := denying(t, place(t), "--events", "--sample-drops", "1024")
	both := costs(t, b, 1, reporting, silent)
	eventually(t, func() error {
		if !strings.Contains(p.log(), " kind=dropped ") {
			return fmt.Errorf("no drop is reported")
		}
		return nil
	})
	recordFigure(t, figure{"events of one of 1,024 drops", fmt.Sprintf("%.1f ns a packet", both[0]-both[1]), "2 ns"})
}

// denying starts a CNF that drops all packets.
func denying(t *testing.T, b *bench, args ...string) (*ebpf.Program, *process) {
	t.Helper()
	pin := bpffs(t)
	args = append(args, "--pin", pin)
	p := b.start(t, append(args, withRules(denyList(firstSources))(t)...)...)
	return pinnedProgram(t, pin), p
}
