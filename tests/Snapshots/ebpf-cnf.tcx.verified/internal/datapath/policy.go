// SPDX-License-Identifier: Apache-2.0

package datapath

import "context"

// function is the side in user space of what decide does with a packet. newFunction fills the function's
// maps; nothing is attached before it returns.
type function interface {
	// run keeps the maps in step with the world until ctx ends.
	run(ctx context.Context) error
	// reload takes other options. It returns the names of the flags that take effect at once; on an error
	// everything stays as it was.
	reload(options FunctionOptions) ([]string, error)
	// samples are the values of FunctionMetrics.
	samples() ([]Sample, error)
	// report is the function's state as JSON shows it, nil if it has none.
	report() (any, error)
}

// Metric is a metric of the function.
type Metric struct {
	// Name has neither prefix nor _total, which the exporter adds.
	Name, Help string
	// Gauge is a value that can fall. Others are counters.
	Gauge  bool
	Labels []string
}

// Sample is a value of a metric, with the values of its labels.
type Sample struct {
	Metric string
	Value  float64
	Labels []string
}

// FunctionSamples reads the values of FunctionMetrics.
func (d *Datapath) FunctionSamples() ([]Sample, error) { return d.function.samples() }

// FunctionReport is the function's state, to be shown as JSON, nil if it has none.
func (d *Datapath) FunctionReport() (any, error) { return d.function.report() }
