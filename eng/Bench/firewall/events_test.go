// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
)

// TestBenchEvents measures what a dropped packet costs more when one of 1,024 is reported. Two copies of one program differ
// by more than that, by where they lie in memory: the figure is the median of several pairs.
func TestBenchEvents(t *testing.T) {
	const pairs = 7
	var more []float64
	for range pairs {
		quiet, loud := place(t), place(t)
		silent, other := denying(t, quiet)
		reporting, p := denying(t, loud, "--events", "--sample-drops", "1024")
		both := costs(t, quiet, 1, reporting, silent)
		more = append(more, both[0]-both[1])
		eventually(t, func() error {
			if !strings.Contains(p.log(), " kind=dropped ") {
				return fmt.Errorf("no drop is reported")
			}
			return nil
		})
		p.stop()
		other.stop()
	}
	recordFigure(t, figure{"events of one of 1,024 drops", fmt.Sprintf("%.1f ns a packet", median(more)), "2 ns"})
}

// denying starts a CNF that drops all packets.
func denying(t *testing.T, b *bench, args ...string) (*ebpf.Program, *process) {
	t.Helper()
	pin := bpffs(t)
	args = append(args, "--pin", pin)
	p := b.start(t, append(args, withRules(denyList(firstSources))(t)...)...)
	return pinnedProgram(t, pin), p
}
