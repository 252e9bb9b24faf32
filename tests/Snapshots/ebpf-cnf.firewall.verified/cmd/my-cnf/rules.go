// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"example.com/my-cnf/internal/firewall"
)

func newRulesCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "rules",
		Short: "Check rules, try them out, and show what they have decided",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return errors.New("say what to do with the rules: check, test or show")
		},
	}
	command.AddCommand(newRulesCheckCommand(), newRulesTestCommand(), newRulesShowCommand())
	return command
}

func newRulesCheckCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check FILE",
		Short: "Say whether the rules in a file are valid, and what may surprise about them; needs no privilege",
		Args:  cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			policy, err := loadRules(args[0])
			if err != nil {
				return err
			}
			w := command.OutOrStdout()
			for _, warning := range policy.Warnings() {
				fmt.Fprintln(w, "warning:", warning)
			}
			fmt.Fprintf(w, "the %d rules are valid; default: %s, stateful: %t\n", len(policy.Rules), policy.Default, policy.Stateful)
			return nil
		},
	}
}

// loadRules also compiles the rules: what does not fit is as wrong as what makes no sense.
func loadRules(path string) (*firewall.Policy, error) {
	policy, err := firewall.Load(path)
	if err != nil {
		return nil, err
	}
	slots, _ := firewall.Slots{}.Assign(policy)
	_, err = firewall.Compile(policy, slots)
	return policy, err
}

func newRulesTestCommand() *cobra.Command {
	var packets []string
	command := &cobra.Command{
		Use:   "test FILE --packet 'DIRECTION PROTOCOL SOURCE DESTINATION [TYPE[/CODE]|fragment]'",
		Short: "Say what would happen to packets that belong to no connection, and by which rule; needs no privilege",
		Example: `  my-cnf rules test rules.yaml --packet 'ingress tcp 192.0.2.7:40000 198.51.100.1:443'
  my-cnf rules test rules.yaml --packet 'ingress icmpv6 [2001:db8::1] [2001:db8::2] echo-request'
  my-cnf rules test rules.yaml --packet 'egress udp 192.0.2.7 198.51.100.1 fragment'`,
		Args: cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			if len(packets) == 0 {
				return errors.New("--packet is missing")
			}
			policy, err := loadRules(args[0])
			if err != nil {
				return err
			}
			for _, text := range packets {
				packet, err := firewall.ParsePacket(text)
				if err != nil {
					return fmt.Errorf("--packet %q: %w", text, err)
				}
				fmt.Fprintf(command.OutOrStdout(), "%s: %s\n", text, policy.Explain(packet))
			}
			return nil
		},
	}
	command.Flags().StringArrayVar(&packets, "packet", nil, "`PACKET` to try; may be given several times")
	return command
}

func newRulesShowCommand() *cobra.Command {
	var address, output string
	command := &cobra.Command{
		Use:   "show",
		Short: "Print how many packets each rule has decided about",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return showRules(command.Context(), command.OutOrStdout(), address, output)
		},
	}
	addAddressFlag(command.Flags(), &address)
	command.Flags().StringVarP(&output, "output", "o", "table", "table or json")
	return command
}

func showRules(ctx context.Context, w io.Writer, address, output string) error {
	if output != "table" && output != "json" {
		return fmt.Errorf("--output %s: want table or json", output)
	}
	const path, name = "/function", "rules"
	if output == "json" {
		content, err := fetch[json.RawMessage](ctx, address, path, name)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(w, "%s\n", content)
		return err
	}
	status, err := fetch[firewall.Status](ctx, address, path, name)
	if err != nil {
		return err
	}
	return status.WriteTable(w)
}
