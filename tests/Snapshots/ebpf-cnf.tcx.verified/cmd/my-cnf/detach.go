// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"

	"github.com/spf13/cobra"

	"example.com/my-cnf/internal/datapath"
	"example.com/my-cnf/internal/privilege"
)

func newDetachCommand() *cobra.Command {
	var (
		pin string
		log logOptions
	)
	command := &cobra.Command{
		Use:   "detach",
		Short: "Detach what `run --pin --on-exit keep` left, and remove its pins",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			if pin == "" {
				return errors.New("--pin is missing: give the folder that run was given")
			}
			if err := log.validate(); err != nil {
				return err
			}
			if err := privilege.Raise(); err != nil {
				return err
			}
			return datapath.RemovePins(pin, log.logger(command.ErrOrStderr()))
		},
	}
	command.Flags().StringVar(&pin, "pin", "", "folder in a BPF file system that run was given")
	log.addFlags(command.Flags())
	return command
}
