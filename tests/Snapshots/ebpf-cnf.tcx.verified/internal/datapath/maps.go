// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"slices"

	"github.com/cilium/ebpf"
)

const countersMap = "counters"

// tableMaps go together: the counters tell how many flows the table holds.
var tableMaps = []string{flowsMap, flowDetailsMap, countersMap}

// mapKeeper is implemented by the options of hooks and functions with maps of their own that outlive a restart.
type mapKeeper interface {
	pinnedMaps(maps *bpfMaps) map[string]*ebpf.Map
}

// pinnedMaps are the maps that outlive a restart, by name. Links that run the new program must
// count into the same tables as the old one did.
func pinnedMaps(maps *bpfMaps) map[string]*ebpf.Map {
	pinned := map[string]*ebpf.Map{
		flowsMap:       maps.Flows,
		"totals":       maps.Totals,
		flowDetailsMap: maps.FlowDetails,
		countersMap:    maps.Counters,
		"events":       maps.Events,
	}
	for _, options := range []any{&HookOptions{}, &FunctionOptions{}} {
		if keeper, ok := options.(mapKeeper); ok {
			for name, m := range keeper.pinnedMaps(maps) {
				pinned[name] = m
			}
		}
	}
	return pinned
}

// keptMaps are the pinned maps that a new program can go on using.
type keptMaps map[string]*ebpf.Map

// openKeptMaps opens what an earlier run has pinned, as far as it still fits.
func openKeptMaps(spec *ebpf.CollectionSpec, pins *pinFolder, log *slog.Logger) (keptMaps, error) {
	fingerprints, err := layouts(spec)
	if err != nil {
		return nil, err
	}
	kept := keptMaps{}
	replaced := false
	for name := range pinnedMaps(&bpfMaps{}) {
		m, err := openKeptMap(spec.Maps[name], pins.mapPath(name))
		if err == nil && !pins.hasLayout(name, fingerprints[name]) {
			m.Close()
			err = fmt.Errorf("the layout of its entries changed: %w", ebpf.ErrMapIncompatible)
		}
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case errors.Is(err, ebpf.ErrMapIncompatible):
			log.Warn("pinned map does not fit and is replaced, its contents are lost", "map", name, "reason", err)
			replaced = replaced || slices.Contains(tableMaps, name)
		case err != nil:
			kept.close()
			return nil, fmt.Errorf("open pinned map %s: %w", name, err)
		default:
			kept[name] = m
		}
	}
	if replaced {
		for _, name := range tableMaps {
			kept.forget(name)
		}
	}
	return kept, nil
}

func openKeptMap(spec *ebpf.MapSpec, path string) (*ebpf.Map, error) {
	m, err := ebpf.LoadPinnedMap(path, nil)
	if err != nil {
		return nil, err
	}
	if err := spec.Compatible(m); err != nil {
		m.Close()
		return nil, err
	}
	return m, nil
}

func (k keptMaps) forget(name string) {
	if m, ok := k[name]; ok {
		m.Close()
		delete(k, name)
	}
}

func (k keptMaps) close() {
	for _, m := range k {
		m.Close()
	}
}

// pinMaps pins the maps that the folder does not hold yet. It is called after the load,
// so that a failed load leaves the folder as it was.
func pinMaps(spec *ebpf.CollectionSpec, maps *bpfMaps, kept keptMaps, pins *pinFolder) error {
	fingerprints, err := layouts(spec)
	if err != nil {
		return err
	}
	for name, m := range pinnedMaps(maps) {
		if _, ok := kept[name]; ok {
			continue
		}
		path := pins.mapPath(name)
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove pinned map %s: %w", name, err)
		}
		if err := pins.setLayout(name, fingerprints[name]); err != nil {
			return err
		}
		if err := m.Pin(path); err != nil {
			return fmt.Errorf("pin map %s: %w", name, err)
		}
	}
	return nil
}
