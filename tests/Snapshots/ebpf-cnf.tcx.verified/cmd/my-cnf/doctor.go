// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"example.com/my-cnf/internal/config"
	"example.com/my-cnf/internal/datapath"
	"example.com/my-cnf/internal/doctor"
	"example.com/my-cnf/internal/privilege"
)

func newDoctorCommand() *cobra.Command {
	var (
		options datapath.Options
		file    string
	)
	command := &cobra.Command{
		Use:   "doctor",
		Short: "Say what this machine lacks to run, and what to do about it",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			flags := command.Flags()
			if err := config.Apply(flags, config.Take(flags), file, os.LookupEnv); err != nil {
				return err
			}
			if err := privilege.Raise(); err != nil {
				return err
			}
			checks := doctor.Checks(options.Hook.Requirements(), options.Pin)
			failures, err := doctor.Report(command.OutOrStdout(), checks)
			if err != nil {
				return err
			}
			if failures > 0 {
				return fmt.Errorf("%d of %d checks failed", failures, len(checks))
			}
			return nil
		},
	}
	options.AddFlags(command.Flags())
	command.Flags().StringVar(&file, "config", "", "YAML file with the settings that are given neither here nor by the environment")
	return command
}
