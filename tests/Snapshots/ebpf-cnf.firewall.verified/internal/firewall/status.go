// SPDX-License-Identifier: Apache-2.0

package firewall

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// Status is the firewall's state as GET /function shows it.
type Status struct {
	Stateful           bool         `json:"stateful"`
	Connections        int          `json:"connections"`
	ConnectionCapacity uint32       `json:"connection_capacity"`
	Rules              []RuleStatus `json:"rules"`
}

// RuleStatus is what one rule has decided.
type RuleStatus struct {
	Rule    string `json:"rule"`
	Action  string `json:"action"`
	Packets uint64 `json:"packets"`
	Bytes   uint64 `json:"bytes"`
}

// WriteTable writes the state for people.
func (s Status) WriteTable(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "RULE\tACTION\tPACKETS\tBYTES")
	for _, r := range s.Rules {
		fmt.Fprintf(table, "%s\t%s\t%d\t%d\n", r.Rule, r.Action, r.Packets, r.Bytes)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if !s.Stateful {
		return nil
	}
	_, err := fmt.Fprintf(w, "\n%d connections, room for %d\n", s.Connections, s.ConnectionCapacity)
	return err
}
