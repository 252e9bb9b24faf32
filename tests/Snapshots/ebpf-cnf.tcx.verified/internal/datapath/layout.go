// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
)

// layouts returns a fingerprint of each map's keys and values. The kernel compares only their sizes: two
// fields that change places would go unnoticed.
func layouts(spec *ebpf.CollectionSpec) (map[string]string, error) {
	// The entries of an array are numbered by enums.
	var numbers []string
	for _, enum := range []string{"direction", "verdict", "reason", "counter"} {
		names, err := enumNames(spec.Types, enum)
		if err != nil {
			return nil, err
		}
		numbers = append(numbers, names...)
	}
	fingerprints := map[string]string{}
	for name, m := range spec.Maps {
		hash := fnv.New64a()
		fmt.Fprintln(hash, declaration("key", m.Key), declaration("value", m.Value))
		if m.Type == ebpf.PerCPUArray {
			fmt.Fprintln(hash, strings.Join(numbers, " "))
		}
		fingerprints[name] = fmt.Sprintf("%016x", hash.Sum64())
	}
	return fingerprints, nil
}

// declaration spells out a type with all its fields.
func declaration(name string, t btf.Type) string {
	if t == nil {
		return ""
	}
	var formatter btf.GoFormatter
	text, err := formatter.TypeDeclaration(name, t)
	if err != nil {
		return fmt.Sprintf("%+v", t)
	}
	return text
}

// A fingerprint is kept as the name of an empty folder, for a BPF file system holds nothing else that
// could be written to.
func (p *pinFolder) layoutPath(mapName, fingerprint string) string {
	return filepath.Join(p.layouts(), mapName+"-"+fingerprint)
}

func (p *pinFolder) hasLayout(mapName, fingerprint string) bool {
	return exists(p.layoutPath(mapName, fingerprint))
}

// setLayout notes the layout of a map, in place of the one that was noted before.
func (p *pinFolder) setLayout(mapName, fingerprint string) error {
	old, err := filepath.Glob(p.layoutPath(mapName, "*"))
	if err != nil {
		return fmt.Errorf("list layouts: %w", err)
	}
	for _, path := range old {
		if err := os.Remove(path); err != nil {
			return fmt.Errorf("remove layout: %w", err)
		}
	}
	if err := os.Mkdir(p.layoutPath(mapName, fingerprint), 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("note layout: %w", err)
	}
	return nil
}
