// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/cilium/ebpf"

	"example.com/my-cnf/internal/netdev"
)

// interfaceSet keeps the indexes of the watched interfaces in a map, where the programs look
// them up.
type interfaceSet struct {
	indexes *ebpf.Map
	log     *slog.Logger
	watcher *netdev.Watcher
}

func newInterfaceSet(options netdev.Options, indexes *ebpf.Map, log *slog.Logger) (*interfaceSet, error) {
	s := &interfaceSet{indexes: indexes, log: log}
	var err error
	s.watcher, err = netdev.NewWatcher(options, s, log)
	return s, err
}

// Add watches an interface.
func (s *interfaceSet) Add(d netdev.Device) error {
	if err := s.indexes.Put(uint32(d.Index), uint8(1)); err != nil {
		return fmt.Errorf("watch %s: %w", d.Name, err)
	}
	s.log.Info("watching", "hook", HookName, "interface", d.Name)
	return nil
}

// Remove forgets an interface, whose index the kernel may give to another.
func (s *interfaceSet) Remove(d netdev.Device) {
	err := s.indexes.Delete(uint32(d.Index))
	if err != nil && !errors.Is(err, ebpf.ErrKeyNotExist) {
		s.log.Warn("interface is still watched", "interface", d.Name, "error", err)
		return
	}
	s.log.Info("no longer watching", "hook", HookName, "interface", d.Name)
}
