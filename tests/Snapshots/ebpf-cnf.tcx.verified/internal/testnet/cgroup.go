// SPDX-License-Identifier: Apache-2.0

package testnet

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Cgroup is a cgroup of version 2 that lives as long as its test.
type Cgroup struct {
	Path string
	root string
}

// processes move between cgroups as a whole, so only one move may be under way.
var moving sync.Mutex

// NewCgroup makes an empty cgroup below the root of the hierarchy.
func NewCgroup(t testing.TB) *Cgroup {
	t.Helper()
	root, err := cgroupRoot()
	if err != nil {
		t.Fatal(err)
	}
	return newCgroup(t, root, root)
}

// CgroupBelow makes a cgroup below another.
func CgroupBelow(t testing.TB, parent string) *Cgroup {
	t.Helper()
	root, err := cgroupRoot()
	if err != nil {
		t.Fatal(err)
	}
	return newCgroup(t, root, parent)
}

func newCgroup(t testing.TB, root, parent string) *Cgroup {
	t.Helper()
	path, err := os.MkdirTemp(parent, "cnf-test-")
	if err == nil {
		// As cgroups are: everybody may look, nobody else may change.
		err = os.Chmod(path, 0o755)
	}
	if err != nil {
		t.Fatalf("make cgroup: %v", err)
	}
	t.Cleanup(func() { removeCgroup(t, path) })
	return &Cgroup{Path: path, root: root}
}

// removeCgroup waits, because a process that was just killed keeps its cgroup busy for a
// moment.
func removeCgroup(t testing.TB, path string) {
	var err error
	for deadline := time.Now().Add(Patience); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if err = os.Remove(path); !errors.Is(err, unix.EBUSY) {
			break
		}
	}
	if err != nil {
		t.Errorf("remove cgroup: %v", err)
	}
}

// cgroupRoot finds where version 2 is mounted: on some systems it shares
// /sys/fs/cgroup with version 1.
func cgroupRoot() (string, error) {
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(mounts)) {
		if fields := strings.Fields(line); len(fields) > 2 && fields[2] == "cgroup2" {
			return fields[1], nil
		}
	}
	return "", errors.New("find cgroup root: cgroup2 is not mounted")
}

// Do runs fn while this process is in the cgroup. Sockets belong for ever to the
// cgroup that they were made in.
func (c *Cgroup) Do(fn func() error) error {
	moving.Lock()
	defer moving.Unlock()

	home, err := c.home()
	if err != nil {
		return fmt.Errorf("find own cgroup: %w", err)
	}
	if err := enter(c.Path); err != nil {
		return fmt.Errorf("enter cgroup: %w", err)
	}
	err = fn()
	return errors.Join(err, enter(home))
}

// Within is the same namespace for sockets that shall belong to the cgroup.
func (n *Namespace) Within(c *Cgroup) *Namespace {
	within := *n
	within.cgroup = c
	return &within
}

// Outside is the same namespace without a cgroup.
func (n *Namespace) Outside() *Namespace { return n.Within(nil) }

func (c *Cgroup) home() (string, error) {
	cgroups, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(cgroups)) {
		if path, found := strings.CutPrefix(line, "0::"); found {
			return filepath.Join(c.root, strings.TrimSpace(path)), nil
		}
	}
	return "", errors.New("no cgroup of version 2")
}

// enter does not create the file, as os.WriteFile would where there is no cgroup.
func enter(path string) error {
	procs, err := os.OpenFile(filepath.Join(path, "cgroup.procs"), os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = procs.WriteString("0")
	return errors.Join(err, procs.Close())
}
