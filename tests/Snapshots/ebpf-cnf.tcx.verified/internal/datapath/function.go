// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"context"
	"log/slog"

	"github.com/cilium/ebpf"
	"github.com/spf13/pflag"
)

// FunctionName is what logs and metrics call this function.
const FunctionName = "monitor"

// FunctionMetrics are counted by the function itself. The monitor has none.
var FunctionMetrics []Metric

// FunctionOptions are what a person chooses about the function. The monitor leaves nothing to choose.
type FunctionOptions struct{}

// AddFlags adds the function's flags.
func (*FunctionOptions) AddFlags(*pflag.FlagSet) {}

// Validate reports the first option that cannot work.
func (*FunctionOptions) Validate() error { return nil }

func (*FunctionOptions) configure(*ebpf.CollectionSpec) error { return nil }

type monitor struct{}

func newFunction(FunctionOptions, *bpfObjects, *slog.Logger) (function, error) { return monitor{}, nil }

func (monitor) run(ctx context.Context) error { return waitForEnd(ctx) }

func (monitor) reload(FunctionOptions) ([]string, error) { return nil, nil }

func (monitor) samples() ([]Sample, error) { return nil, nil }

func (monitor) report() (any, error) { return nil, nil }
