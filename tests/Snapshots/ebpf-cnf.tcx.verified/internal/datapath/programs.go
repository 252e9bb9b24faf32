// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"fmt"
	"time"

	"github.com/cilium/ebpf"
)

// ProgramStats are what the kernel counts about a program while the sysctl
// kernel.bpf_stats_enabled is 1.
type ProgramStats struct {
	Name    string
	Runs    uint64
	RunTime time.Duration
}

// Programs returns the statistics of all programs that are attached, sorted by name.
func (d *Datapath) Programs() ([]ProgramStats, error) {
	programs := d.links.programs()
	list := make([]ProgramStats, 0, len(programs))
	for _, name := range sortedKeys(programs) {
		stats, err := programs[name].Stats()
		if err != nil {
			return nil, fmt.Errorf("read statistics of %s: %w", name, err)
		}
		list = append(list, ProgramStats{Name: name, Runs: stats.RunCount, RunTime: stats.Runtime})
	}
	return list, nil
}

func (l *Links) programs() map[string]*ebpf.Program {
	l.mu.Lock()
	defer l.mu.Unlock()
	programs := map[string]*ebpf.Program{}
	for _, state := range l.states {
		if state.link != nil {
			programs[state.program()] = state.Program
		}
	}
	return programs
}

// AttachFailures counts attempts to attach that failed.
func (d *Datapath) AttachFailures() uint64 { return d.links.failures.Load() }
