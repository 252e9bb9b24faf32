// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"os/user"
	"strconv"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"example.com/my-cnf/internal/bpffs"
)

// newMountCommand is the one thing that needs more than the capabilities of run: mounting.
// It is a command of its own so that whoever starts run can do it first, and run never can.
func newMountCommand() *cobra.Command {
	var owner string
	command := &cobra.Command{
		Use:   "mount DIR",
		Short: "Mount a BPF file system on DIR for run --pin; needs CAP_SYS_ADMIN",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			uid, err := userID(owner)
			if err != nil {
				return err
			}
			if err := bpffs.Mount(args[0], uid); err != nil {
				return explainMount(err)
			}
			return nil
		},
	}
	command.Flags().StringVar(&owner, "owner", "0", "name or number of the user that run will have")
	return command
}

func userID(owner string) (int, error) {
	if uid, err := strconv.Atoi(owner); err == nil {
		return uid, nil
	}
	found, err := user.Lookup(owner)
	if err != nil {
		return 0, fmt.Errorf("find the user for --owner: %w", err)
	}
	return strconv.Atoi(found.Uid)
}

func explainMount(err error) error {
	if errors.Is(err, unix.EPERM) {
		return fmt.Errorf("%w: CAP_SYS_ADMIN is missing; run this command as root", err)
	}
	return err
}
