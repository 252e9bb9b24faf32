// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"fmt"
	"strconv"

	"example.com/my-cnf/internal/firewall"
)

// samples are the counters of rules, and how full the table of connections is.
func (f *packetFilter) samples() ([]Sample, error) {
	status, err := f.status()
	if err != nil {
		return nil, err
	}
	samples := []Sample{
		{Metric: "connections", Value: float64(status.Connections)},
		{Metric: "connection_capacity", Value: float64(status.ConnectionCapacity)},
	}
	for _, rule := range status.Rules {
		labels := []string{rule.Rule, rule.Action}
		samples = append(samples,
			Sample{Metric: "rule_packets", Value: float64(rule.Packets), Labels: labels},
			Sample{Metric: "rule_bytes", Value: float64(rule.Bytes), Labels: labels})
	}
	return samples, nil
}

func (f *packetFilter) report() (any, error) { return f.status() }

// status reads what the programs have counted for each rule.
func (f *packetFilter) status() (firewall.Status, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	sums, err := sumCPUs(f.hits, func(sum *Total, cpu Total) {
		sum.Packets += cpu.Packets
		sum.Bytes += cpu.Bytes
	})
	if err != nil {
		return firewall.Status{}, fmt.Errorf("read counters of rules: %w", err)
	}
	connections, err := firewall.CountConnections(f.connections)
	if err != nil {
		return firewall.Status{}, err
	}
	status := firewall.Status{Stateful: f.policy.Stateful, Connections: connections, ConnectionCapacity: f.capacity}
	add := func(label string, action firewall.Action, slot uint32) {
		status.Rules = append(status.Rules, firewall.RuleStatus{
			Rule: label, Action: action.String(), Packets: sums[slot].Packets, Bytes: sums[slot].Bytes,
		})
	}
	add(firewall.LabelEstablished, firewall.Allow, firewall.SlotEstablished)
	for i := range f.policy.Rules {
		label := f.policy.Label(i)
		add(label, f.policy.Rules[i].Action, f.slots[label])
	}
	add(firewall.LabelDefault, f.policy.Default, firewall.SlotDefault)
	return status, nil
}

// explain names the rule that dropped a packet.
func (f *packetFilter) explain(cause uint32) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if cause == firewall.SlotDefault {
		return firewall.LabelDefault
	}
	for label, slot := range f.slots {
		if slot == cause {
			return label
		}
	}
	return strconv.Itoa(int(cause))
}
