// SPDX-License-Identifier: Apache-2.0

// Package bpffs mounts a BPF file system that belongs to one network function.
//
// /sys/fs/bpf is the machine's: systemd mounts it readable by root alone, and whoever
// can write there can remove the pins of others. A file system of its own is neither.
package bpffs

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Mount mounts a BPF file system on dir, which it makes, and gives it to uid. When one is mounted
// there already, its pins stay: only the owner is set.
func Mount(dir string, uid int) error {
	mounted, err := isMounted(dir)
	if err != nil {
		return err
	}
	if !mounted {
		if err := mount(dir); err != nil {
			return err
		}
	}
	if err := os.Chown(dir, uid, uid); err != nil {
		return fmt.Errorf("give %s to user %d: %w", dir, uid, err)
	}
	return nil
}

func mount(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make mount point: %w", err)
	}
	const flags = unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC
	if err := unix.Mount("bpf", dir, "bpf", flags, "mode=0700"); err != nil {
		return fmt.Errorf("mount a BPF file system on %s: %w", dir, err)
	}
	return nil
}

func isMounted(dir string) (bool, error) {
	var stat unix.Statfs_t
	switch err := unix.Statfs(dir, &stat); err {
	case nil:
		return int64(stat.Type) == unix.BPF_FS_MAGIC, nil
	case unix.ENOENT:
		return false, nil
	default:
		return false, fmt.Errorf("look at %s: %w", dir, err)
	}
}
