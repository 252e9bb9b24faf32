// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
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
	flags.StringVar(&options.address, "address", "127.0.0.1:9464", "where run listens")
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
		return fetchFlows(ctx, "http://"+o.address+"/flows")
	}
	if err := privilege.Raise(); err != nil {
		return nil, err
	}
	return datapath.PinnedFlows(o.pin)
}

func fetchFlows(ctx context.Context, url string) ([]flows.Flow, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, fmt.Errorf("ask for flows: %w", err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("ask for flows: %w; is `my-cnf run` at work, with the same --listen address?", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("ask %s for flows: %s", url, response.Status)
	}
	var list []flows.Flow
	if err := json.NewDecoder(response.Body).Decode(&list); err != nil {
		return nil, fmt.Errorf("decode flows from %s: %w", url, err)
	}
	return list, nil
}
