// SPDX-License-Identifier: Apache-2.0

package main

import (
	"flag"
	"fmt"
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
	binary      string
	pattern     string
	timeout     time.Duration
	testTimeout time.Duration
	show        bool
	verbose     bool
}

func parseOptions(args []string) (options, error) {
	o := options{}
	flags := flag.NewFlagSet("kernels", flag.ExitOnError)
	flags.Func("kernel", "`DIR` of an unpacked kernel package, may be repeated", func(dir string) error {
		o.kernels = append(o.kernels, dir)
		return nil
	})
	var suites []string
	flags.Func("suite", "`NAME=DIR[=REGEXP]` with *.test binaries and cnf, or one of these binaries, and tests to run instead of those of --run; may be repeated", func(value string) error {
		suites = append(suites, value)
		return nil
	})
	modules := flags.String("modules", "veth,sch_ingress,cls_bpf,8021q,tun,bridge", "kernel modules to load")
	flags.StringVar(&o.busybox, "busybox", "", "statically linked busybox `FILE`")
	flags.StringVar(&o.results, "results", "", "write the results to `FILE` as JSON")
	flags.StringVar(&o.arch, "arch", runtime.GOARCH, "amd64 or arm64")
	flags.StringVar(&o.binary, "binary", "*.test", "run only the test binaries that match the shell `PATTERN`")
	flags.StringVar(&o.pattern, "run", "", "run only the tests that match `REGEXP`")
	flags.BoolVar(&o.show, "show", false, "show the output of tests that passed")
	flags.DurationVar(&o.timeout, "timeout", 15*time.Minute, "for one kernel")
	flags.DurationVar(&o.testTimeout, "test-timeout", 5*time.Minute, "for one test binary")
	flags.BoolVar(&o.verbose, "verbose", false, "show the console")
	if err := flags.Parse(args); err != nil {
		return o, err
	}

	o.modules = strings.Split(*modules, ",")
	for _, value := range suites {
		s, err := parseSuite(value, o.binary)
		if err != nil {
			return o, err
		}
		o.suites = append(o.suites, s)
	}
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
