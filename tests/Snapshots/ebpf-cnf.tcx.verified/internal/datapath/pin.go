// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// pinFolder is where links and maps are pinned. It is locked while it is open: two
// instances would take each other's links away.
type pinFolder struct {
	path string
	lock *os.File
	// existed tells whether an earlier run has left the folder.
	existed bool
}

// openPins creates the folder where needed and locks it.
func openPins(path string) (*pinFolder, error) {
	pins := &pinFolder{path: filepath.Clean(path)}
	pins.existed = exists(pins.links())
	for _, folder := range []string{pins.path, pins.maps(), pins.links(), pins.layouts()} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return nil, fmt.Errorf("create pin folder: %w; is a BPF file system mounted above it?", err)
		}
	}
	if err := requireBPFFileSystem(pins.path); err != nil {
		return nil, errors.Join(err, pins.remove())
	}
	if err := pins.acquire(); err != nil {
		return nil, err
	}
	return pins, nil
}

// openExistingPins locks a folder that must be there.
func openExistingPins(path string) (*pinFolder, error) {
	pins := &pinFolder{path: filepath.Clean(path)}
	if _, err := os.Stat(pins.path); err != nil {
		return nil, fmt.Errorf("open pin folder: %w", err)
	}
	if err := requireBPFFileSystem(pins.path); err != nil {
		return nil, err
	}
	if err := pins.acquire(); err != nil {
		return nil, err
	}
	return pins, nil
}

func requireBPFFileSystem(path string) error {
	var stat unix.Statfs_t
	if err := unix.Statfs(path, &stat); err != nil {
		return fmt.Errorf("look at pin folder %s: %w", path, err)
	}
	if stat.Type != unix.BPF_FS_MAGIC {
		return fmt.Errorf("%s is not in a BPF file system: mount -t bpf bpf /sys/fs/bpf, and give --pin a path below it", path)
	}
	return nil
}

// acquire takes a lock that the kernel releases when the process ends, however it ends.
func (p *pinFolder) acquire() error {
	folder, err := os.Open(p.path)
	if err != nil {
		return fmt.Errorf("open pin folder: %w", err)
	}
	if err := unix.Flock(int(folder.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		folder.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return fmt.Errorf("another instance uses %s: stop it first, or choose another --pin folder", p.path)
		}
		return fmt.Errorf("lock pin folder %s: %w", p.path, err)
	}
	p.lock = folder
	return nil
}

func (p *pinFolder) close() error { return p.lock.Close() }

func (p *pinFolder) maps() string { return filepath.Join(p.path, "maps") }

func (p *pinFolder) links() string { return filepath.Join(p.path, "links") }

func (p *pinFolder) layouts() string { return filepath.Join(p.path, "layouts") }

func (p *pinFolder) mapPath(name string) string { return filepath.Join(p.maps(), name) }

func (p *pinFolder) linkPath(name string) string { return filepath.Join(p.links(), name) }

// linkNames lists the pins of links.
func (p *pinFolder) linkNames() ([]string, error) {
	entries, err := os.ReadDir(p.links())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list pinned links: %w", err)
	}
	names := make([]string, len(entries))
	for i, entry := range entries {
		names[i] = entry.Name()
	}
	return names, nil
}

// remove deletes all pins and the folder itself. It refuses to delete what this
// program has not put there.
func (p *pinFolder) remove() error {
	for _, folder := range []string{p.links(), p.maps(), p.layouts()} {
		entries, err := os.ReadDir(folder)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("list pins: %w", err)
		}
		for _, entry := range entries {
			if err := os.Remove(filepath.Join(folder, entry.Name())); err != nil {
				return fmt.Errorf("remove pin: %w", err)
			}
		}
		if err := os.Remove(folder); err != nil {
			return fmt.Errorf("remove pin folder: %w", err)
		}
	}
	if err := os.Remove(p.path); err != nil {
		return fmt.Errorf("remove pin folder: %w", err)
	}
	return nil
}
