// SPDX-License-Identifier: Apache-2.0

// Kernels runs test binaries on other kernels: it boots each one in QEMU with an
// initial root file system that holds nothing but busybox, the modules that
// the tests need and the tests themselves.
//
//	go run ./test/kernels --kernel DIR --busybox FILE --suite NAME=DIR
//
// DIR of a kernel is an unpacked package, as fetch.sh makes it. DIR of a suite holds
// *.test binaries (statically linked, `go test -c`) and the program that they
// run, cnf. --kernel and --suite may be repeated; one boot runs all suites.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

type options struct {
	kernels     []string
	suites      []suite
	modules     []string
	busybox     string
	results     string
	arch        string
	timeout     time.Duration
	testTimeout time.Duration
	verbose     bool
}

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

	var results []Result
	for _, dir := range o.kernels {
		found, err := o.runKernel(dir, work)
		if err != nil {
			return 0, err
		}
		results = append(results, found...)
	}

	if o.results != "" {
		if err := writeResults(o.results, results); err != nil {
			return 0, err
		}
	}
	return printResults(os.Stdout, results), nil
}

func parseOptions(args []string) (options, error) {
	o := options{}
	flags := flag.NewFlagSet("kernels", flag.ExitOnError)
	flags.Func("kernel", "`DIR` of an unpacked kernel package, may be repeated", func(dir string) error {
		o.kernels = append(o.kernels, dir)
		return nil
	})
	flags.Func("suite", "`NAME=DIR` with *.test binaries and cnf, may be repeated", func(value string) error {
		s, err := parseSuite(value)
		o.suites = append(o.suites, s)
		return err
	})
	modules := flags.String("modules", "veth,sch_ingress,cls_bpf,8021q,tun", "kernel modules to load")
	flags.StringVar(&o.busybox, "busybox", "", "statically linked busybox `FILE`")
	flags.StringVar(&o.results, "results", "", "write the results to `FILE` as JSON")
	flags.StringVar(&o.arch, "arch", runtime.GOARCH, "amd64 or arm64")
	flags.DurationVar(&o.timeout, "timeout", 5*time.Minute, "for one kernel")
	flags.DurationVar(&o.testTimeout, "test-timeout", 2*time.Minute, "for one test binary")
	flags.BoolVar(&o.verbose, "verbose", false, "show the console")
	if err := flags.Parse(args); err != nil {
		return o, err
	}

	o.modules = strings.Split(*modules, ",")
	switch {
	case flags.NArg() > 0:
		return o, fmt.Errorf("read arguments: unexpected %q", flags.Arg(0))
	case len(o.kernels) == 0 || len(o.suites) == 0 || o.busybox == "":
		return o, fmt.Errorf("read arguments: want --kernel, --suite and --busybox")
	case machines[o.arch].command == "":
		return o, fmt.Errorf("read arguments: --arch %s is neither amd64 nor arm64", o.arch)
	}
	return o, nil
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
	initramfs := filepath.Join(work, "initramfs")
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
		if err := addSuite(a, suite); err != nil {
			return 0, err
		}
	}
	if err := a.close(); err != nil {
		return 0, err
	}
	return a.size, out.Close()
}
