// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"fmt"
	"os"
	"runtime"
	"sync"
	"testing"
)

// TestBenchTwoCPUs measures how much more two CPUs do than one: with flows of their own, and with the same ones.
func TestBenchTwoCPUs(t *testing.T) {
	if runtime.NumCPU() < 2 {
		t.Skip("this machine has one CPU")
	}
	const flows = 1 << 10
	settings := caseNamed(t, comparisons[len(comparisons)-1].costCase)
	b, pin := place(t), bpffs(t)
	p := b.start(t, append([]string{"--pin", pin}, settings.args(t)...)...)
	program := pinnedProgram(t, pin)
	ownFlows := costFrame()
	ownFlows[sourceOffset]++
	first := newGenerator(t, b, program, costFrame(), flows)
	for _, of := range []struct {
		flows string
		frame []byte
	}{{"flows of their own", ownFlows}, {"the same flows", costFrame()}} {
		second := newGenerator(t, b, program, of.frame, flows)
		second.cpu = 1
		recordFigure(t, figure{
			What:    fmt.Sprintf("two CPUs beside one: %s, %s, 1,024 flows, %s", os.Getenv("CNF_FUNCTION"), settings.name, of.flows),
			Reached: fmt.Sprintf("%.2fx", twoCPUs(t, first, second)),
			Target:  "1.9x",
		})
	}
	p.stop()
}

// twoCPUs is what both get done at the same time, as a multiple of what one does alone.
func twoCPUs(t *testing.T, pair ...*generator) float64 {
	t.Helper()
	for _, g := range pair {
		g.run(t, warmUp)
	}
	var multiples []float64
	for range *costRounds {
		var alone, together float64
		for _, g := range pair {
			perPacket, _ := g.run(t, costPackets)
			alone += 1 / perPacket / float64(len(pair))
		}
		var running sync.WaitGroup
		rates := make([]float64, len(pair))
		for i, g := range pair {
			running.Go(func() {
				perPacket, _ := g.run(t, costPackets)
				rates[i] = 1 / perPacket
			})
		}
		running.Wait()
		for _, rate := range rates {
			together += rate
		}
		multiples = append(multiples, together/alone)
	}
	return median(multiples)
}
