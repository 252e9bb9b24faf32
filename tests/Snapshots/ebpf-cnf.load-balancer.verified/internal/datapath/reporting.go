// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"fmt"
	"net/netip"

	"github.com/cilium/ebpf"
)

// Metrics of the load balancer, all by service and backend.
const (
	metricPackets     = "backend_packets"
	metricBytes       = "backend_bytes"
	metricChoices     = "backend_choices"
	metricFailures    = "backend_check_failures"
	metricUp          = "backend_up"
	metricConnections = "backend_connections"
)

var backendLabels = []string{"service", "backend"}

// FunctionMetrics are counted by the function itself.
var FunctionMetrics = []Metric{
	{Name: metricPackets, Help: "Packets that were forwarded to a backend.", Labels: backendLabels},
	{Name: metricBytes, Help: "Bytes that were forwarded to a backend, as the hook sees them.", Labels: backendLabels},
	{Name: metricChoices, Help: "Packets whose flow was not remembered, so that the ring named the backend: new flows, as a rule.", Labels: backendLabels},
	{Name: metricFailures, Help: "Health checks that failed.", Labels: backendLabels},
	{Name: metricUp, Help: "1 for a backend that takes packets, 0 for one that is down or unreachable.", Gauge: true, Labels: backendLabels},
	{Name: metricConnections, Help: "Connections to a backend that are remembered.", Gauge: true, Labels: backendLabels},
}

// BackendReport is a backend's state, as GET /function shows it.
type BackendReport struct {
	Service     string     `json:"service"`
	Endpoint    string     `json:"endpoint"`
	Backend     netip.Addr `json:"backend"`
	State       string     `json:"state"`
	Weight      int        `json:"weight"`
	Connections int        `json:"connections"`
	Packets     uint64     `json:"packets"`
	Bytes       uint64     `json:"bytes"`
	Choices     uint64     `json:"choices"`
	Failures    uint64     `json:"check_failures"`
	// Reason is why it is down or unreachable.
	Reason string `json:"reason,omitempty"`
}

func (f *loadBalancer) backends() ([]BackendReport, error) {
	totals, err := sumCPUs(f.tables.objects.BackendTotals, func(sum *bpfBackendTotal, cpu bpfBackendTotal) {
		sum.Packets += cpu.Packets
		sum.Bytes += cpu.Bytes
		sum.Choices += cpu.Choices
	})
	if err != nil {
		return nil, fmt.Errorf("read backend totals: %w", err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	connections := f.connections.count()
	var list []BackendReport
	for _, service := range f.services {
		for _, backend := range service.Backends {
			t := f.targets[identityFor(service, backend)]
			total := totals[t.number]
			report := BackendReport{
				Service: service.Name, Endpoint: service.Endpoint.String(), Backend: backend.Address,
				State: t.state(), Weight: backend.Weight, Connections: connections[t.number],
				Packets: total.Packets, Bytes: total.Bytes, Choices: total.Choices, Failures: t.health.Failures,
			}
			if reason := t.reason(); reason != nil {
				report.Reason = reason.Error()
			}
			list = append(list, report)
		}
	}
	return list, nil
}

func (f *loadBalancer) samples() ([]Sample, error) {
	list, err := f.backends()
	if err != nil {
		return nil, err
	}
	samples := make([]Sample, 0, len(list)*len(FunctionMetrics))
	for _, b := range list {
		up := 0.0
		if b.State == stateUp || b.State == stateDraining {
			up = 1
		}
		for _, value := range []struct {
			metric string
			value  float64
		}{
			{metricPackets, float64(b.Packets)}, {metricBytes, float64(b.Bytes)}, {metricChoices, float64(b.Choices)},
			{metricFailures, float64(b.Failures)}, {metricUp, up}, {metricConnections, float64(b.Connections)},
		} {
			samples = append(samples, Sample{value.metric, value.value, []string{b.Service, b.Backend.String()}})
		}
	}
	return samples, nil
}

func (f *loadBalancer) report() (any, error) { return f.backends() }

// clearTotals lets the counters of a backend begin at zero.
func (t *tables) clearTotals(number int) error {
	zero := make([]bpfBackendTotal, ebpf.MustPossibleCPU())
	if err := t.objects.BackendTotals.Update(uint32(number), zero, ebpf.UpdateAny); err != nil {
		return fmt.Errorf("clear totals of backend %d: %w", number, err)
	}
	return nil
}

func (f *loadBalancer) reload(options FunctionOptions) ([]string, error) {
	if err := f.configure(options.services); err != nil {
		return nil, err
	}
	return []string{servicesFlag}, nil
}
