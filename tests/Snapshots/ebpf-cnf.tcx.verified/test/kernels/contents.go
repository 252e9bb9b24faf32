// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	_ "embed"
	"fmt"
	"path"
	"path/filepath"
	"strings"
)

//go:embed init.sh
var initScript []byte

// addSystem adds what every guest needs before the suites.
func (o options) addSystem(a *archive, order []module) {
	for _, dir := range []string{"/proc", "/sys", "/tmp", "/run", "/etc", "/bin"} {
		a.directory(dir)
	}
	// The first process writes here before it can mount devtmpfs.
	a.device("/dev/console", 5, 1)
	a.copy("/bin/busybox", modeProgram, o.busybox)
	a.file("/init", modeProgram, initScript)

	var names, tests strings.Builder
	for _, module := range order {
		name := module.name + ".ko"
		a.file(path.Join("/modules", name), modeData, module.content)
		fmt.Fprintln(&names, name)
	}
	for _, suite := range o.suites {
		for _, binary := range suite.binaries {
			fmt.Fprintln(&tests, suite.name, int(o.testTimeout.Seconds()), binary, cmp.Or(suite.run, o.pattern))
		}
	}
	a.directory("/modules")
	a.file("/modules/order", modeData, []byte(names.String()))
	a.file("/tests", modeData, []byte(tests.String()))
}

func addSuite(a *archive, s suite) {
	for _, file := range s.files() {
		a.copy(path.Join("/suites", s.name, file), modeProgram, filepath.Join(s.dir, file))
	}
}
