// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"text/tabwriter"

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
			list, err := fetch[[]datapath.BackendReport](command.Context(), address, "/function", "backends")
			if err != nil {
				return err
			}
			return writeBackends(command.OutOrStdout(), list)
		},
	}
	addAddressFlag(command.Flags(), &address)
	return command
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
