// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"example.com/my-cnf/internal/privilege"
)

func capabilities(wanted []privilege.Capability) Check {
	return Check{"capabilities", func() Result {
		have, err := privilege.Effective()
		if err != nil {
			return Unknown(err.Error())
		}
		if missing := have.Missing(wanted); len(missing) > 0 {
			return Failed("missing: "+privilege.Join(missing),
				fmt.Sprintf("run as root, or once: setcap %s %s", privilege.Setcap(wanted), program()))
		}
		return Passed(privilege.Join(wanted))
	}}
}

func program() string {
	path, err := os.Executable()
	if err != nil {
		return "PROGRAM"
	}
	return path
}

// lockedMemory matters before 5.11 only: since then the memory of BPF maps is
// charged to the memory cgroup.
func lockedMemory() Check {
	return Check{"locked memory", func() Result {
		version, _, err := RunningKernel()
		if err == nil && !version.Less(Version{5, 11}) {
			return Passed("charged to the memory cgroup")
		}
		var limit unix.Rlimit
		if err := unix.Getrlimit(unix.RLIMIT_MEMLOCK, &limit); err != nil {
			return Unknown(fmt.Sprintf("read RLIMIT_MEMLOCK: %v", err))
		}
		if limit.Cur != unix.RLIM_INFINITY {
			return Failed(fmt.Sprintf("limited to %d bytes", limit.Cur), "ulimit -l unlimited")
		}
		return Passed("unlimited")
	}}
}

func bpfFileSystem(pin string) Check {
	return Check{"bpffs", func() Result {
		mounted, where, err := isMount(pin, unix.BPF_FS_MAGIC)
		switch {
		case err != nil:
			return Failed(err.Error(), "give --pin a path below a mounted BPF file system, such as /sys/fs/bpf")
		case !mounted:
			return Failed(where+" is no BPF file system", "mount -t bpf bpf /sys/fs/bpf, and give --pin a path below it")
		}
		return Passed(where)
	}}
}

// Tracefs checks for the file system through which tracepoints and kprobes get their numbers.
func Tracefs() Check {
	return Check{"tracefs", func() Result {
		const path = "/sys/kernel/tracing"
		mounted, _, err := isMount(path, unix.TRACEFS_MAGIC)
		if err == nil && !mounted {
			mounted, _, err = isMount("/sys/kernel/debug/tracing", unix.TRACEFS_MAGIC)
		}
		if err != nil || !mounted {
			return Failed("not mounted", "mount -t tracefs tracefs "+path)
		}
		if _, err := os.ReadDir(path + "/events"); err != nil {
			return Failed(err.Error(), "run as root, or remount it readable: mount -o remount,mode=755 "+path)
		}
		return Passed(path)
	}}
}

// isMount tells whether path, or its nearest ancestor that exists, lies on a file
// system of this type, and which path was looked at.
func isMount(path string, magic int64) (mounted bool, where string, err error) {
	for where = filepath.Clean(path); ; where = filepath.Dir(where) {
		var stat unix.Statfs_t
		err = unix.Statfs(where, &stat)
		if errors.Is(err, fs.ErrNotExist) && where != filepath.Dir(where) {
			continue
		}
		if err != nil {
			return false, where, fmt.Errorf("look at %s: %w", where, err)
		}
		return int64(stat.Type) == magic, where, nil
	}
}
