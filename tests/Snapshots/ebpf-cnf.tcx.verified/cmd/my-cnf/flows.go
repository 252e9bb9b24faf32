// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"example.com/my-cnf/internal/datapath"
	"example.com/my-cnf/internal/flows"
	"example.com/my-cnf/internal/privilege"
)

type flowsOptions struct {
	address, pin, output string
	watch                bool
}

func newFlowsCommand() *cobra.Command {
	var options flowsOptions
	command := &cobra.Command{
		Use:   "flows",
		Short: "Print the flow table",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return options.run(command.Context(), command.OutOrStdout())
		},
	}
	flags := command.Flags()
	addAddressFlag(flags, &options.address)
	flags.StringVar(&options.pin, "pin", "", "read the table that is pinned in this folder, with or without a running process")
	flags.StringVarP(&options.output, "output", "o", "table", "table or json")
	flags.BoolVar(&options.watch, "watch", false, "print again every second")
	return command
}

func (o *flowsOptions) run(ctx context.Context, w io.Writer) error {
	if o.output != "table" && o.output != "json" {
		return fmt.Errorf("--output %s: want table or json", o.output)
	}
	if !o.watch {
		return o.print(ctx, w)
	}
	for {
		if o.output == "table" {
			// Home and clear: the terminal shows one table, not a roll of them.
			fmt.Fprint(w, "\x1b[H\x1b[2J")
		}
		if err := o.print(ctx, w); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Second):
		}
	}
}

func (o *flowsOptions) print(ctx context.Context, w io.Writer) error {
	list, err := o.read(ctx)
	if err != nil {
		return err
	}
	if o.output == "json" {
		return flows.WriteJSON(w, list)
	}
	return flows.WriteTable(w, list, time.Now())
}

func (o *flowsOptions) read(ctx context.Context) ([]flows.Flow, error) {
	if o.pin == "" {
		return fetch[[]flows.Flow](ctx, o.address, "/flows", "flows")
	}
	if err := privilege.Raise(); err != nil {
		return nil, err
	}
	return datapath.PinnedFlows(o.pin)
}
