// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"fmt"
	"testing"
	"time"

	"example.com/cnf-template/internal/datapath"
)

// TestBenchReading measures what it takes user space to look at many flows.
func TestBenchReading(t *testing.T) {
	b, pin := place(t), bpffs(t)
	p := b.start(t, "--pin", pin, "--max-flows", "2097152")
	program := pinnedProgram(t, pin)
	sent := func(flows uint32) {
		newGenerator(t, b, program, costFrame(), flows).run(t, flows)
	}

	sent(1 << 16)
	scrape := medianTime(t, func() error {
		_, _, err := p.get("/metrics")
		return err
	})
	recordFigure(t, figure{"scrape with 65,536 flows in the table", fmt.Sprintf("%.1f ms", scrape*1e3), "5 ms"})

	const most = 1 << 20
	sent(most)
	dump := medianTime(t, func() error {
		list, err := datapath.PinnedFlows(pin)
		if err == nil && len(list) < most {
			err = fmt.Errorf("%d flows were read, want %d", len(list), most)
		}
		return err
	})
	recordFigure(t, figure{"read, decode and sort 1,048,576 flows", fmt.Sprintf("%.2f s", dump), "0.3 s"})
	p.stop()
}

// medianTime is in seconds.
func medianTime(t *testing.T, do func() error) float64 {
	t.Helper()
	var took []float64
	for range *costRounds {
		begun := time.Now()
		must(t, do())
		took = append(took, time.Since(begun).Seconds())
	}
	return median(took)
}
