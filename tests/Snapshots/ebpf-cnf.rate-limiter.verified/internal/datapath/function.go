// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"context"
	"fmt"
	"log/slog"
	"math/bits"
	"sync"

	"github.com/cilium/ebpf"
	"github.com/spf13/pflag"

	"example.com/my-cnf/internal/limit"
)

// FunctionName is what logs and metrics call this function.
const FunctionName = "rate-limiter"

// FunctionMetrics are counted by the function itself. What it drops has the reason rate_exceeded in the totals.
var FunctionMetrics = []Metric{
	{Name: "limit_rate", Gauge: true, Labels: []string{"unit"}, Help: "The limit in packets or bits per second, 0 for none."},
	{Name: "limit_burst", Gauge: true, Labels: []string{"unit"}, Help: "Packets or bytes that a full bucket holds."},
	{Name: "bucket_capacity", Gauge: true, Help: "Buckets that the table has."},
	{Name: "buckets_in_use", Gauge: true, Help: "Buckets that are not full. Full ones are free for others."},
	{Name: "buckets_empty", Gauge: true, Help: "Buckets without a token: whoever sends from one is held back."},
	{Name: "bucket_shared_packets", Help: "Packets that shared a bucket with others, because the table had none left for them."},
}

// FunctionOptions are what a person chooses about the rate limiter.
type FunctionOptions struct {
	Limit limit.Limit
	// Buckets bounds the table. The kernel reserves its memory at load: 16 bytes each, and 48 KB per CPU.
	Buckets uint32
}

// AddFlags adds the function's flags.
func (o *FunctionOptions) AddFlags(flags *pflag.FlagSet) {
	o.Limit = limit.Default()
	flags.Var(&o.Limit.Rate, "rate", "packets or bits per second, such as 1000pps, 2mpps, 500kbit or 10gbit; 0 for no limit")
	flags.Var(&o.Limit.Burst, "burst", "packets, or bytes for a rate in bits, such as 500 or 64k, that may come at once; 0 for a tenth of a second of the rate")
	flags.Var(&o.Limit.Per, "per", "what the rate is for: each source, each flow (addresses, ports and protocol), or all of an interface")
	flags.Uint8Var(&o.Limit.IPv4Prefix, "ipv4-prefix", o.Limit.IPv4Prefix, "bits of an IPv4 address that make a source")
	flags.Uint8Var(&o.Limit.IPv6Prefix, "ipv6-prefix", o.Limit.IPv6Prefix, "bits of an IPv6 address that make a source")
	flags.Uint32Var(&o.Buckets, "buckets", 1<<16, "size of the table of buckets, rounded up to a power of two")
}

// Validate reports the first option that cannot work.
func (o *FunctionOptions) Validate() error {
	if o.Buckets < smallestBuckets || o.Buckets > largestBuckets {
		return fmt.Errorf("--buckets %d: want a number between %d and %d", o.Buckets, smallestBuckets, largestBuckets)
	}
	return o.Limit.Validate()
}

func (o *FunctionOptions) configure(spec *ebpf.CollectionSpec) error {
	count := uint32(1) << bits.Len32(o.Buckets-1)
	spec.Maps[bucketsMap].MaxEntries = count
	if err := spec.Variables["bucket_count"].Set(count); err != nil {
		return fmt.Errorf("set bucket_count: %w", err)
	}
	cpus, err := ebpf.PossibleCPU()
	if err != nil {
		return fmt.Errorf("count CPUs: %w", err)
	}
	spec.Maps["leases"].MaxEntries *= uint32(cpus)
	return nil
}

func (*FunctionOptions) pinnedMaps(maps *bpfMaps) map[string]*ebpf.Map {
	return map[string]*ebpf.Map{
		bucketsMap:       maps.Buckets,
		"limits":         maps.Limits,
		"limit_in_force": maps.LimitInForce,
		"shared_packets": maps.SharedPackets,
	}
}

type limiter struct {
	maps *bpfMaps
	log  *slog.Logger

	mu    sync.Mutex
	limit limit.Limit
	burst uint64
}

func newFunction(options FunctionOptions, objects *bpfObjects, log *slog.Logger) (function, error) {
	l := &limiter{maps: &objects.bpfMaps, log: log}
	_, current, err := limitInForce(l.maps.Limits, l.maps.LimitInForce)
	if err != nil {
		return nil, err
	}
	if current.Seed == 0 {
		// Kept buckets are of no use without the clock that goes with them.
		if err := clearBuckets(l.maps.Buckets); err != nil {
			return nil, err
		}
	}
	return l, l.set(options.Limit)
}

func (l *limiter) set(next limit.Limit) error {
	burst, err := SetLimit(l.maps.Limits, l.maps.LimitInForce, next)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.limit, l.burst = next, burst
	l.log.Info("limit", "rate", next.Rate.String(), "burst", burst, "per", next.Per,
		"ipv4_prefix", next.IPv4Prefix, "ipv6_prefix", next.IPv6Prefix)
	return nil
}

func (l *limiter) run(ctx context.Context) error { return waitForEnd(ctx) }

func (l *limiter) reload(options FunctionOptions) ([]string, error) {
	l.mu.Lock()
	changed := options.Limit != l.limit
	l.mu.Unlock()
	if changed {
		if err := l.set(options.Limit); err != nil {
			return nil, err
		}
	}
	return []string{"rate", "burst", "per", "ipv4-prefix", "ipv6-prefix"}, nil
}

func (l *limiter) samples() ([]Sample, error) {
	usage, err := readBuckets(l.maps)
	if err != nil {
		return nil, err
	}
	shared, err := sumCPUs(l.maps.SharedPackets, func(sum *uint64, cpu uint64) { *sum += cpu })
	if err != nil {
		return nil, fmt.Errorf("read shared packets: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	rate, burst := "packets", "packets"
	if l.limit.Rate.Bits {
		rate, burst = "bits", "bytes"
	}
	return []Sample{
		{Metric: "limit_rate", Value: float64(l.limit.Rate.PerSecond), Labels: []string{rate}},
		{Metric: "limit_burst", Value: float64(l.burst), Labels: []string{burst}},
		{Metric: "bucket_capacity", Value: float64(usage.Capacity)},
		{Metric: "buckets_in_use", Value: float64(usage.InUse)},
		{Metric: "buckets_empty", Value: float64(usage.Empty)},
		{Metric: "bucket_shared_packets", Value: float64(shared[0])},
	}, nil
}

// report is what GET /function shows.
func (l *limiter) report() (any, error) {
	usage, err := readBuckets(l.maps)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return struct {
		Rate       string      `json:"rate"`
		Burst      uint64      `json:"burst"`
		Per        limit.Per   `json:"per"`
		IPv4Prefix uint8       `json:"ipv4_prefix"`
		IPv6Prefix uint8       `json:"ipv6_prefix"`
		Buckets    BucketUsage `json:"buckets"`
	}{l.limit.Rate.String(), l.burst, l.limit.Per, l.limit.IPv4Prefix, l.limit.IPv6Prefix, usage}, nil
}
