// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"fmt"
	"math/bits"
	"time"

	"github.com/cilium/ebpf"
	"github.com/spf13/pflag"

	"example.com/my-cnf/internal/balancer"
	"example.com/my-cnf/internal/jiffies"
)

// FunctionName is what logs and metrics call this function.
const FunctionName = "load-balancer"

const (
	servicesFlag = "services"

	largestMaxServices    = 1024
	largestMaxBackends    = 1 << 16
	largestMaxConnections = 1 << 26
	longestIdleTimeout    = 8 * time.Hour
	shortestIdleTimeout   = 10 * time.Second
)

// FunctionOptions are what a person chooses about the load balancer.
type FunctionOptions struct {
	// Services is a file. Without one everything passes.
	Services string
	// MaxServices, MaxBackends and MaxConnections bound the tables, whose memory the kernel reserves at load.
	MaxServices, MaxBackends, MaxConnections uint32
	// IdleTimeout is how long a connection is remembered that nothing is heard of.
	IdleTimeout time.Duration

	// services are the file's, once Validate has read it.
	services []balancer.Service
}

// AddFlags adds the function's flags.
func (o *FunctionOptions) AddFlags(flags *pflag.FlagSet) {
	flags.StringVar(&o.Services, servicesFlag, "", "YAML file with services and their backends, read again on SIGHUP; without one everything passes")
	flags.Uint32Var(&o.MaxServices, "max-services", 64, "services that there is room for: 64 KiB each")
	flags.Uint32Var(&o.MaxBackends, "max-backends", 1024, "backends of all services that there is room for")
	flags.Uint32Var(&o.MaxConnections, "max-connections", 65536, "connections whose backend is remembered when the backends change: 18 bytes each")
	flags.DurationVar(&o.IdleTimeout, "idle-timeout", 15*time.Minute, "how long a connection is remembered that nothing is heard of")
}

// Validate reports the first option that cannot work, and reads the services.
func (o *FunctionOptions) Validate() error {
	for _, limit := range []struct {
		flag           string
		value, largest uint32
	}{
		{"max-services", o.MaxServices, largestMaxServices},
		{"max-backends", o.MaxBackends, largestMaxBackends - 1},
		{"max-connections", o.MaxConnections, largestMaxConnections},
	} {
		if limit.value < 1 || limit.value > limit.largest {
			return fmt.Errorf("--%s %d: want a number between 1 and %d", limit.flag, limit.value, limit.largest)
		}
	}
	if o.IdleTimeout < shortestIdleTimeout || o.IdleTimeout > longestIdleTimeout {
		return fmt.Errorf("--idle-timeout %s: want %s to %s", o.IdleTimeout, shortestIdleTimeout, longestIdleTimeout)
	}
	if o.Services == "" {
		return nil
	}
	var err error
	if o.services, err = balancer.Load(o.Services); err != nil {
		return err
	}
	return o.fits()
}

// fits tells whether there is room for what the file asks for.
func (o *FunctionOptions) fits() error {
	if len(o.services) > int(o.MaxServices) {
		return fmt.Errorf("%s: there are %d services, with room for %d: raise --max-services", o.Services, len(o.services), o.MaxServices)
	}
	backends := 0
	for _, service := range o.services {
		backends += len(service.Backends)
	}
	if backends > int(o.MaxBackends) {
		return fmt.Errorf("%s: there are %d backends, with room for %d: raise --max-backends", o.Services, backends, o.MaxBackends)
	}
	return nil
}

const (
	entriesPerLine = 7
	placesPerLine  = 32
	fewestBits     = 10
	entriesPerFlow = 2
)

// serviceBits leaves slots for the square of the number of services, so that a salt without collisions is found at once.
func (o *FunctionOptions) serviceBits() int {
	return max(fewestBits, bits.Len32(o.MaxServices*o.MaxServices-1))
}

func (o *FunctionOptions) configure(spec *ebpf.CollectionSpec) error {
	clock, err := readClock()
	if err != nil {
		return err
	}
	numbers := o.MaxBackends + 1
	lines := (o.MaxConnections*entriesPerFlow + entriesPerLine - 1) / entriesPerLine
	const ringLines = (balancer.RingSize + placesPerLine - 1) / placesPerLine
	for name, entries := range map[string]uint32{
		"services":       2 << o.serviceBits(),
		"rings":          2 * o.MaxServices * ringLines,
		"backends":       2 * numbers,
		"identities":     numbers,
		"backend_totals": numbers,
		"sticky":         lines,
	} {
		spec.Maps[name].MaxEntries = entries
	}
	for name, value := range map[string]uint32{
		"service_bits": uint32(o.serviceBits()),
		"max_services": o.MaxServices,
		"max_backends": numbers,
		"ring_size":    balancer.RingSize,
		"ring_lines":   ringLines,
		"sticky_lines": lines,
		"tick_shift":   clock.shift,
		"idle_ticks":   uint32(o.IdleTimeout / clock.tick()),
	} {
		if err := spec.Variables[name].Set(value); err != nil {
			return fmt.Errorf("set %s: %w", name, err)
		}
	}
	return nil
}

// pinnedMaps are the maps that outlive a restart: which backend a flow goes to, and whose the numbers are.
func (*FunctionOptions) pinnedMaps(maps *bpfMaps) map[string]*ebpf.Map {
	return map[string]*ebpf.Map{
		"sticky":         maps.Sticky,
		"identities":     maps.Identities,
		"backend_totals": maps.BackendTotals,
	}
}

// clock tells how the programs measure idle time: in ticks, which are the power of two of jiffies that is next to a second.
type clock struct {
	jiffy time.Duration
	shift uint32
}

func (c clock) tick() time.Duration { return c.jiffy << c.shift }

// readClock asks for the length of a jiffy.
func readClock() (clock, error) {
	length, err := jiffies.Length()
	if err != nil {
		return clock{}, err
	}
	c := clock{jiffy: length}
	for c.tick() < 800*time.Millisecond {
		c.shift++
	}
	return c, nil
}

// now is the tick as the programs tell it, or the one before.
func (c clock) now() (uint16, error) {
	now, _, err := jiffies.Now()
	return uint16(now >> c.shift), err
}
