// SPDX-License-Identifier: Apache-2.0

package main

import "github.com/spf13/cobra"

func newRootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "cnf-template",
		Short:         "A network function in the Linux kernel, on the cnf-hook hook",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(
		newRunCommand(),
		newDoctorCommand(),
		newFlowsCommand(),
		//cnf:if (function == "firewall")
		newRulesCommand(),
		//cnf:endif
		//cnf:if (function == "load-balancer")
		newBackendsCommand(),
		//cnf:endif
		newDetachCommand(),
		newMountCommand(),
		newVersionCommand(),
	)
	return root
}
