// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"debug/elf"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// module is a kernel module, uncompressed, as insmod wants it.
type module struct {
	name    string
	content []byte
}

// modules finds kernel modules below one kernel's folder. An unpacked package has
// no modules.dep, so the dependencies are read from the modules themselves.
type modules struct {
	files  map[string]string
	loaded map[string]bool
	order  []module
}

// loadModules returns the wanted modules and those that they need, each after
// the ones it depends on. Names that this kernel has no module for are returned
// too: the feature may be built in.
func loadModules(dir string, wanted []string) (order []module, absent []string, err error) {
	m := &modules{files: map[string]string{}, loaded: map[string]bool{}}
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if name, _, found := strings.Cut(filepath.Base(path), ".ko"); found && !entry.IsDir() {
			m.files[canonical(name)] = path
		}
		return err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("list modules: %w", err)
	}

	for _, name := range wanted {
		if m.files[canonical(name)] == "" {
			absent = append(absent, name)
			continue
		}
		if err := m.load(name); err != nil {
			return nil, nil, err
		}
	}
	return m.order, absent, nil
}

func (m *modules) load(name string) error {
	name = canonical(name)
	path := m.files[name]
	if m.loaded[name] || path == "" {
		// A dependency without a file is built into this kernel.
		return nil
	}
	m.loaded[name] = true

	content, err := readModule(path)
	if err != nil {
		return err
	}
	needed, err := dependencies(content)
	if err != nil {
		return fmt.Errorf("read dependencies of %s: %w", path, err)
	}
	for _, dependency := range needed {
		if err := m.load(dependency); err != nil {
			return err
		}
	}
	m.order = append(m.order, module{name: name, content: content})
	return nil
}

// readModule reads a module and decompresses it: busybox's insmod cannot, and
// not every kernel can.
func readModule(path string) ([]byte, error) {
	var tool string
	switch filepath.Ext(path) {
	case ".ko":
		return os.ReadFile(path)
	case ".xz":
		tool = "xz"
	case ".zst":
		tool = "zstd"
	case ".gz":
		tool = "gzip"
	default:
		return nil, fmt.Errorf("decompress %s: unknown format", path)
	}
	content, err := exec.Command(tool, "-dc", path).Output()
	if err != nil {
		return nil, fmt.Errorf("decompress %s with %s: %w", path, tool, err)
	}
	return content, nil
}

// dependencies reads the "depends=" line of a module's information section.
func dependencies(content []byte) ([]string, error) {
	object, err := elf.NewFile(bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	section := object.Section(".modinfo")
	if section == nil {
		return nil, fmt.Errorf("no .modinfo section")
	}
	information, err := section.Data()
	if err != nil {
		return nil, err
	}
	for line := range bytes.SplitSeq(information, []byte{0}) {
		if names, found := strings.CutPrefix(string(line), "depends="); found {
			return strings.FieldsFunc(names, func(r rune) bool { return r == ',' }), nil
		}
	}
	return nil, nil
}

// canonical is a module's name as the kernel spells it.
func canonical(name string) string {
	return strings.ReplaceAll(name, "-", "_")
}
