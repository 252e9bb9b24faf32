// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"path/filepath"
)

// kernel is an unpacked kernel package.
type kernel struct {
	version string
	image   string
	modules string
}

// findKernel looks into the places where packages keep their parts: modules
// moved to /usr with the merge of the two, images from 7.0 on.
func findKernel(dir string) (kernel, error) {
	var k kernel
	for _, pattern := range []string{"usr/lib/modules/*/kernel", "lib/modules/*/kernel"} {
		if found, _ := filepath.Glob(filepath.Join(dir, pattern)); len(found) > 0 {
			k.modules = filepath.Dir(found[0])
			k.version = filepath.Base(k.modules)
			break
		}
	}
	if k.modules == "" {
		return k, fmt.Errorf("find kernel in %s: no lib/modules/VERSION/kernel below it", dir)
	}

	for _, pattern := range []string{"usr/lib/modules/*/vmlinuz", "lib/modules/*/vmlinuz", "boot/vmlinuz-*"} {
		if found, _ := filepath.Glob(filepath.Join(dir, pattern)); len(found) > 0 {
			k.image = found[0]
			return k, nil
		}
	}
	return k, fmt.Errorf("find kernel in %s: no vmlinuz in boot/ or lib/modules/%s/", dir, k.version)
}
