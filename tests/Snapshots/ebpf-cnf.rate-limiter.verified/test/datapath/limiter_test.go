// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"net"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/gopacket/gopacket/layers"

	"example.com/my-cnf/internal/datapath"
	"example.com/my-cnf/internal/limit"
)

// limiter is a rig whose clock stands still, unless advance moves it, and whose keys are always in the same
// places: what passes is exact.
type limiter struct {
	*rig
	seed *uint64
}

const fewBuckets = 256

// leasesOfAllCPUs is what the limiter's options do, too: without leases of its own a CPU limits nothing.
func leasesOfAllCPUs(spec *ebpf.CollectionSpec) {
	spec.Maps["leases"].MaxEntries *= uint32(ebpf.MustPossibleCPU())
}

func newLimiter(t *testing.T, change func(*limit.Limit)) limiter {
	t.Helper()
	l := limiter{rig: load(t, func(spec *ebpf.CollectionSpec) {
		small(spec)
		spec.Maps["buckets"].MaxEntries = fewBuckets
		must(t, spec.Variables["bucket_count"].Set(uint32(fewBuckets)))
		leasesOfAllCPUs(spec)
	}), seed: new(uint64)}
	l.set(t, change)
	return l
}

// set puts a limit into force.
func (l limiter) set(t *testing.T, change func(*limit.Limit)) {
	t.Helper()
	next := limit.Default()
	next.Rate = limit.Rate{PerSecond: 8, Bits: true}
	change(&next)
	_, err := datapath.SetLimit(l.Maps["limits"], l.Maps["limit_in_force"], next)
	must(t, err)
	l.change(t, func(now *datapath.Limit) {
		now.Step, now.Fraction = 0, 0
		if now.Seed != *l.seed {
			*l.seed++
			now.Seed = *l.seed
		}
		if next.Burst > 0 {
			now.Burst = uint64(next.Burst)
		}
	})
}

// change changes the limit in force.
func (l limiter) change(t *testing.T, change func(*datapath.Limit)) {
	t.Helper()
	var index uint64
	var now datapath.Limit
	must(t, l.Maps["limit_in_force"].Lookup(uint32(0), &index))
	must(t, l.Maps["limits"].Lookup(uint32(index), &now))
	change(&now)
	must(t, l.Maps["limits"].Put(uint32(index), &now))
}

func (l limiter) advance(t *testing.T, tokens uint64) {
	t.Helper()
	l.change(t, func(now *datapath.Limit) { now.Start += tokens })
}

// passed runs a program on a packet again and again, and returns how often it let it pass.
func (l limiter) passed(t *testing.T, e entry, frame []byte, times int) (passed int) {
	t.Helper()
	for range times {
		action, err := l.Programs[e.program].Run(&ebpf.RunOptions{Data: e.input(frame), Repeat: 1})
		must(t, err)
		if action == e.pass {
			passed++
		}
	}
	return passed
}

func packets(burst limit.Burst) func(*limit.Limit) {
	return func(l *limit.Limit) { l.Rate, l.Burst = limit.Rate{PerSecond: 1}, burst }
}

// from is a datagram with another source.
func from(address string, port uint16) []byte {
	source := net.ParseIP(address)
	header := &layers.UDP{SrcPort: layers.UDPPort(port), DstPort: 53}
	if source.To4() != nil {
		ip := ipv4(layers.IPProtocolUDP)
		ip.SrcIP = source
		check(header.SetNetworkLayerForChecksum(ip))
		return build(ethernet(layers.EthernetTypeIPv4), ip, header, payload(20))
	}
	ip := ipv6(layers.IPProtocolUDP)
	ip.SrcIP = source
	check(header.SetNetworkLayerForChecksum(ip))
	return build(ethernet(layers.EthernetTypeIPv6), ip, header, payload(20))
}
