// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"os"
	"runtime"
	"testing"

	"github.com/cilium/ebpf"
)

// What the program itself costs for one packet of a known flow that is in the CPU's
// caches: parsing, policy and counting. It is the kernel's own measurement of
// repeated runs on one CPU; the driver, the socket buffer and the attachment are
// not in it. The first packet of a flow costs more.
func BenchmarkPacket(b *testing.B) {
	if os.Geteuid() != 0 {
		b.Skip("loading BPF programs needs root")
	}
	// The kernel measures on the CPU that the thread is on.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	r := load(b, func(spec *ebpf.CollectionSpec) { must(b, spec.Variables["events_enabled"].Set(false)) })

	for _, e := range entries {
		for _, f := range fixtures() {
			input := e.input(f.frame)
			if input == nil || !benchmarked[f.name] {
				continue
			}
			b.Run(e.program+"/"+f.name, func(b *testing.B) {
				_, perPacket, err := r.Programs[e.program].Benchmark(input, b.N, b.ResetTimer)
				must(b, err)
				b.ReportMetric(float64(perPacket.Nanoseconds()), "ns/packet")
				// The time of the whole system call says the same, less exactly.
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}

var benchmarked = map[string]bool{
	"IPv4 TCP": true, "IPv6 TCP": true, "IPv4 UDP": true, "VLAN IPv4": true, "QinQ": true,
	"IPv6 hop-by-hop, routing, destination": true, "ARP": true,
}
