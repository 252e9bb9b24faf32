// SPDX-License-Identifier: Apache-2.0

package main

import "github.com/spf13/cobra"

func newRootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "my-cnf",
		Short:         "A network function in the Linux kernel, on the tcx hook",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(
		newRunCommand(),
		newDoctorCommand(),
		newFlowsCommand(),
		newBackendsCommand(),
		newDetachCommand(),
		newMountCommand(),
		newVersionCommand(),
	)
	return root
}
