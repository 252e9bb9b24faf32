// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"example.com/my-cnf/internal/balancer"
)

func functionOptions(t *testing.T, args ...string) (FunctionOptions, error) {
	t.Helper()
	var options FunctionOptions
	flags := pflag.NewFlagSet("run", pflag.ContinueOnError)
	options.AddFlags(flags)
	if err := flags.Parse(args); err != nil {
		t.Fatal(err)
	}
	return options, options.Validate()
}

const twoServices = `services:
  - {name: a, address: 203.0.113.1, port: 80, protocol: tcp, forward: l2, backends: [{address: 10.0.0.1}, {address: 10.0.0.2, weight: 0}]}
  - {name: b, address: 203.0.113.2, port: 53, protocol: udp, forward: ipip, backends: [{address: "fd00::1"}]}
`

func servicesFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "services.yaml")
	if err := os.WriteFile(path, []byte(twoServices), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFunctionOptionsValidate(t *testing.T) {
	file := servicesFile(t)
	for _, args := range [][]string{{}, {"--services", file}, {"--services", file, "--max-services", "2", "--max-backends", "3"}} {
		if _, err := functionOptions(t, args...); err != nil {
			t.Errorf("%v: %v", args, err)
		}
	}
	for want, args := range map[string][]string{
		"--max-services 0":              {"--max-services", "0"},
		"--max-backends 65536":          {"--max-backends", "65536"},
		"--max-connections 67108865":    {"--max-connections", "67108865"},
		"--idle-timeout 9s":             {"--idle-timeout", "9s"},
		"--idle-timeout 9h0m0s":         {"--idle-timeout", "9h"},
		"no such file":                  {"--services", "/no/such/file"},
		"2 services, with room for 1":   {"--services", file, "--max-services", "1"},
		"3 backends, with room for 2":   {"--services", file, "--max-backends", "2"},
		"raise --max-backends":          {"--services", file, "--max-backends", "2"},
		file + ": there are 2 services": {"--services", file, "--max-services", "1"},
	} {
		if _, err := functionOptions(t, args...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: got %v, want %q", args, err, want)
		}
	}
}

// The programs' constants and the maps' sizes belong together, at both ends of what can be asked for.
func TestSizesFitTheOptions(t *testing.T) {
	for _, args := range [][]string{
		{"--max-services", "1", "--max-backends", "1", "--max-connections", "1"},
		{},
		{"--max-services", "1024", "--max-backends", "65535", "--max-connections", "67108864"},
	} {
		options, err := functionOptions(t, args...)
		if err != nil {
			t.Fatal(err)
		}
		spec, err := Spec()
		if err != nil {
			t.Fatal(err)
		}
		if err := options.configure(spec); err != nil {
			t.Fatal(err)
		}
		constant := func(name string) (value uint32) {
			if err := spec.Variables[name].Get(&value); err != nil {
				t.Fatal(err)
			}
			return value
		}
		for name, want := range map[string]uint32{
			"services":       2 << constant("service_bits"),
			"rings":          2 * constant("max_services") * constant("ring_lines"),
			"backends":       2 * constant("max_backends"),
			"identities":     constant("max_backends"),
			"backend_totals": constant("max_backends"),
			"sticky":         constant("sticky_lines"),
		} {
			if got := spec.Maps[name].MaxEntries; got != want {
				t.Errorf("%v: map %s has %d entries, want %d", args, name, got, want)
			}
		}
		if constant("ring_lines")*placesPerLine < constant("ring_size") {
			t.Error("a ring does not fit its lines")
		}
		if seconds := float64(constant("idle_ticks")) / options.IdleTimeout.Seconds(); seconds < 0.5 || seconds > 1.3 {
			t.Errorf("%v seconds are %d ticks", options.IdleTimeout.Seconds(), constant("idle_ticks"))
		}
	}
}

func TestCompileLeavesOutWhoTakesNoPackets(t *testing.T) {
	options, err := functionOptions(t, "--services", servicesFile(t))
	if err != nil {
		t.Fatal(err)
	}
	f := &loadBalancer{tables: &tables{rings: map[balancer.Endpoint]ring{}}}
	numbers, err := balancer.Numbers{Limit: 10}.Assign([]balancer.Identity{
		identityFor(options.services[0], options.services[0].Backends[0]),
		identityFor(options.services[0], options.services[0].Backends[1]),
		identityFor(options.services[1], options.services[1].Backends[0]),
	})
	if err != nil {
		t.Fatal(err)
	}
	targets := f.makeTargets(options.services, numbers)
	if h := compile(f.tables, options.services, targets); len(h.backends) != 0 || len(h.rings[0]) != 0 || len(h.rings[1]) != 0 {
		t.Errorf("without routes: %d backends", len(h.backends))
	}
	for _, target := range targets {
		target.lost, target.route.Local = nil, netip.MustParseAddr("10.0.0.9")
	}
	h := compile(f.tables, options.services, targets)
	if h.backends[1].Drains != 0 || h.backends[2].Drains != 1 || h.backends[1].Mode != bpfForwardModeFORWARD_L2 || h.backends[3].Mode != bpfForwardModeFORWARD_IPV6 {
		t.Errorf("backends %+v", h.backends)
	}
	if len(h.rings[0]) != balancer.RingSize || h.rings[0][0] != 1 || h.rings[1][0] != 3 || h.backends[3].Service != 2 {
		t.Errorf("rings begin with %d and %d", h.rings[0][0], h.rings[1][0])
	}
	targets[identityFor(options.services[0], options.services[0].Backends[0])].health.Up = false
	if h := compile(f.tables, options.services, targets); len(h.rings[0]) != 0 || len(h.backends) != 2 {
		t.Errorf("with the one down that does not drain: %d places, %d backends", len(h.rings[0]), len(h.backends))
	}
}

// Idle time is measured in jiffies, whatever their length.
func TestClockGoesOn(t *testing.T) {
	c, err := readClock()
	if err != nil {
		t.Fatal(err)
	}
	if c.tick() < 800*time.Millisecond || c.tick() > 1600*time.Millisecond {
		t.Errorf("a tick is %s", c.tick())
	}
	if _, err := c.now(); err != nil {
		t.Error(err)
	}
}
