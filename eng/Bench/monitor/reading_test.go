// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/cilium/ebpf"

	"example.com/cnf-template/internal/datapath"
)

const most = 1 << 20

func enough(flows int) error {
	if flows < most {
		return fmt.Errorf("%d flows were read, want %d", flows, most)
	}
	return nil
}

func pinnedMap(t *testing.T, pin, name string) *ebpf.Map {
	t.Helper()
	m, err := ebpf.LoadPinnedMap(filepath.Join(pin, "maps", name), nil)
	must(t, err)
	t.Cleanup(func() { m.Close() })
	return m
}

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

	sent(most)
	table, details := pinnedMap(t, pin, "flows"), pinnedMap(t, pin, "flow_details")
	read := medianTime(t, func() error {
		count := 0
		err := datapath.ReadFlows(table, details, func(datapath.FlowKey, datapath.FlowStats) { count++ })
		return errors.Join(err, enough(count))
	})
	recordFigure(t, figure{"read 1,048,576 flows", fmt.Sprintf("%.2f s", read), "0.3 s"})
	listed := medianTime(t, func() error {
		list, err := datapath.PinnedFlows(pin)
		return errors.Join(err, enough(len(list)))
	})
	recordFigure(t, figure{"the same, decoded and sorted for people", fmt.Sprintf("%.2f s", listed), ""})
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
