// SPDX-License-Identifier: Apache-2.0

// Kernels runs test binaries on other kernels: it boots each one in QEMU with an
// initial root file system that holds nothing but busybox, the modules that
// the tests need and the tests themselves.
//
//	go run ./test/kernels --kernel DIR --busybox FILE --suite NAME=DIR
//
// DIR of a kernel is an unpacked package, as fetch.sh makes it. DIR of a suite holds
// *.test binaries (statically linked, `go test -c`) and the program that they
// run, cnf. --kernel and --suite may be repeated; one boot runs all suites. The tests run
// with -test.short and may leave out what does not depend on the kernel.
package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

func main() {
	failures, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "kernels:", err)
	}
	if err != nil || failures > 0 {
		os.Exit(1)
	}
}

func run(args []string) (int, error) {
	o, err := parseOptions(args)
	if err != nil {
		return 0, err
	}
	work, err := os.MkdirTemp("", "kernels-")
	if err != nil {
		return 0, fmt.Errorf("make working directory: %w", err)
	}
	defer os.RemoveAll(work)

	results, err := o.runKernels(work)
	if err != nil {
		return 0, err
	}
	if o.results != "" {
		if err := writeResults(o.results, results); err != nil {
			return 0, err
		}
	}
	return printResults(os.Stdout, results, o.show), nil
}

// runKernels has as many machines at work as there are processors.
func (o options) runKernels(work string) ([]Result, error) {
	found := make([][]Result, len(o.kernels))
	var group errgroup.Group
	group.SetLimit(runtime.NumCPU())
	for i, dir := range o.kernels {
		group.Go(func() (err error) {
			found[i], err = o.runKernel(dir, work)
			return err
		})
	}
	err := group.Wait()
	return slices.Concat(found...), err
}

// runKernel boots one kernel and runs all suites in it.
func (o options) runKernel(dir, work string) ([]Result, error) {
	k, err := findKernel(dir)
	if err != nil {
		return nil, err
	}
	order, absent, err := loadModules(k.modules, o.modules)
	if err != nil {
		return nil, err
	}
	if len(absent) > 0 {
		fmt.Fprintf(os.Stderr, "%s has no module %s\n", k.version, strings.Join(absent, ", "))
	}
	initramfs := filepath.Join(work, "initramfs-"+k.version)
	size, err := o.writeInitramfs(initramfs, order)
	if err != nil {
		return nil, fmt.Errorf("write initramfs: %w", err)
	}

	console := io.Discard
	if o.verbose {
		console = os.Stderr
	}
	begin := time.Now()
	output, bootErr := boot(k.image, initramfs, machines[o.arch], memory(size), o.timeout, console)
	if output == nil && bootErr != nil {
		return nil, bootErr
	}
	fmt.Fprintf(os.Stderr, "%s %s: booted and ran in %.1f s\n", k.version, o.arch, time.Since(begin).Seconds())

	results := collect(output, o.suites, bootErr)
	for i := range results {
		results[i].Kernel, results[i].Arch = k.version, o.arch
	}
	return results, nil
}

// memory in MiB: the archive lies there twice while it is unpacked, and the root
// file system may fill half of it.
func memory(initramfs int64) int {
	return 768 + 3*int(initramfs>>20)
}

// writeInitramfs returns the size of the file. It is not compressed: that would
// cost the emulated machine more time than reading the larger file.
func (o options) writeInitramfs(path string, order []module) (int64, error) {
	out, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	defer out.Close()

	a := newArchive(out)
	o.addSystem(a, order)
	for _, suite := range o.suites {
		addSuite(a, suite)
	}
	if err := a.close(); err != nil {
		return 0, err
	}
	return a.size, out.Close()
}
