// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"example.com/my-cnf/internal/datapath"
)

func newBackendsCommand() *cobra.Command {
	var address string
	command := &cobra.Command{
		Use:   "backends",
		Short: "Print the services' backends, their state and what they were sent",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			list, err := fetchBackends(command.Context(), "http://"+address+"/function")
			if err != nil {
				return err
			}
			return writeBackends(command.OutOrStdout(), list)
		},
	}
	command.Flags().StringVar(&address, "address", "127.0.0.1:9464", "where run listens")
	return command
}

func fetchBackends(ctx context.Context, url string) ([]datapath.BackendReport, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, fmt.Errorf("ask for backends: %w", err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("ask for backends: %w; is `my-cnf run` at work, with the same --listen address?", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("ask %s for backends: %s", url, response.Status)
	}
	var list []datapath.BackendReport
	if err := json.NewDecoder(response.Body).Decode(&list); err != nil {
		return nil, fmt.Errorf("decode backends from %s: %w", url, err)
	}
	return list, nil
}

func writeBackends(w io.Writer, list []datapath.BackendReport) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "SERVICE\tENDPOINT\tBACKEND\tSTATE\tWEIGHT\tCONNECTIONS\tPACKETS\tBYTES\tREASON")
	for _, b := range list {
		reason := b.Reason
		if reason == "" {
			reason = "-"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d\t%d\t%d\t%d\t%s\n",
			b.Service, b.Endpoint, b.Backend, b.State, b.Weight, b.Connections, b.Packets, b.Bytes, reason)
	}
	return table.Flush()
}
