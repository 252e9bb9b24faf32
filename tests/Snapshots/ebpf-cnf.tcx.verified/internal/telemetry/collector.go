// SPDX-License-Identifier: Apache-2.0

// Package telemetry shows to other programs what the data path does: metrics, health and
// flows over HTTP.
package telemetry

import (
	"runtime"

	"github.com/prometheus/client_golang/prometheus"

	"example.com/my-cnf/internal/datapath"
	"example.com/my-cnf/internal/flows"
)

// Source is the data path as this package sees it.
type Source interface {
	Totals() ([]datapath.TotalCount, error)
	Counters() (datapath.Counters, error)
	Programs() ([]datapath.ProgramStats, error)
	Capacity() uint32
	Status() []datapath.LinkStatus
	AttachFailures() uint64
	FunctionSamples() ([]datapath.Sample, error)
	FunctionReport() (any, error)
	Flows() ([]flows.Flow, error)
}

// collector reads the kernel's counters when it is scraped, and only then. It keeps none of its own: what
// is pinned goes on counting through a restart.
type collector struct {
	source Source

	packets, bytes                                     metric
	entries, capacity, insertions, evictions, failures metric
	eventsLost                                         metric
	linksWanted, linksAttached, attachFailures         metric
	programRuns, programSeconds                        metric
	function                                           map[string]metric
}

func newCollector(source Source) *collector {
	const counter, gauge = prometheus.CounterValue, prometheus.GaugeValue
	return &collector{
		source:         source,
		packets:        newMetric(counter, "packets_total", "Packets by direction, verdict and reason.", "direction", "verdict", "reason"),
		bytes:          newMetric(counter, "bytes_total", "Bytes by direction, verdict and reason, as the hook sees them.", "direction", "verdict", "reason"),
		entries:        newMetric(gauge, "flow_entries", "Flows in the table."),
		capacity:       newMetric(gauge, "flow_capacity", "Flows that the table is made for. It can hold more, but not all that come."),
		insertions:     newMetric(counter, "flow_insertions_total", "Flows that were added to the table."),
		evictions:      newMetric(counter, "flow_evictions_total", "Flows that made room for others."),
		failures:       newMetric(counter, "flow_insert_failures_total", "Packets that no flow accounts for, because the table had no room for one."),
		eventsLost:     newMetric(counter, "events_lost_total", "Events that found the ring buffer full."),
		linksWanted:    newMetric(gauge, "links_wanted", "Attachments that the options ask for."),
		linksAttached:  newMetric(gauge, "links_attached", "Attachments that are in place."),
		attachFailures: newMetric(counter, "attach_failures_total", "Attempts to attach that failed."),
		programRuns: newMetric(counter, "program_runs_total",
			"Times that a program ran. Counted only while the sysctl kernel.bpf_stats_enabled is 1.", "program"),
		programSeconds: newMetric(counter, "program_run_seconds_total",
			"Time that a program ran. Counted only while the sysctl kernel.bpf_stats_enabled is 1.", "program"),
		function: functionMetrics(),
	}
}

func functionMetrics() map[string]metric {
	metrics := map[string]metric{}
	for _, m := range datapath.FunctionMetrics {
		if m.Gauge {
			metrics[m.Name] = newMetric(prometheus.GaugeValue, m.Name, m.Help, m.Labels...)
		} else {
			metrics[m.Name] = newMetric(prometheus.CounterValue, m.Name+"_total", m.Help, m.Labels...)
		}
	}
	return metrics
}

func (c *collector) metrics() []metric {
	list := []metric{
		c.packets, c.bytes, c.entries, c.capacity, c.insertions, c.evictions, c.failures, c.eventsLost,
		c.linksWanted, c.linksAttached, c.attachFailures, c.programRuns, c.programSeconds,
	}
	for _, m := range datapath.FunctionMetrics {
		list = append(list, c.function[m.Name])
	}
	return list
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(descriptions chan<- *prometheus.Desc) {
	for _, m := range c.metrics() {
		descriptions <- m.desc
	}
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(metrics chan<- prometheus.Metric) {
	c.collectTotals(metrics)
	c.collectCounters(metrics)
	c.collectPrograms(metrics)
	c.collectFunction(metrics)

	metrics <- c.capacity.value(float64(c.source.Capacity()))
	status := c.source.Status()
	metrics <- c.linksWanted.value(float64(len(status)))
	metrics <- c.linksAttached.value(float64(len(status) - len(unattached(status))))
	metrics <- c.attachFailures.value(float64(c.source.AttachFailures()))
}

func (c *collector) collectTotals(metrics chan<- prometheus.Metric) {
	totals, err := c.source.Totals()
	if err != nil {
		metrics <- c.packets.broken(err)
		return
	}
	for _, total := range totals {
		metrics <- c.packets.value(float64(total.Packets), total.Direction, total.Verdict, total.Reason)
		metrics <- c.bytes.value(float64(total.Bytes), total.Direction, total.Verdict, total.Reason)
	}
}

func (c *collector) collectCounters(metrics chan<- prometheus.Metric) {
	counters, err := c.source.Counters()
	if err != nil {
		metrics <- c.insertions.broken(err)
		return
	}
	metrics <- c.insertions.value(float64(counters.FlowsInserted))
	metrics <- c.entries.value(float64(counters.Entries()))
	metrics <- c.evictions.value(float64(counters.FlowsEvicted))
	metrics <- c.failures.value(float64(counters.FlowsNotInserted))
	metrics <- c.eventsLost.value(float64(counters.EventsLost))
}

func (c *collector) collectPrograms(metrics chan<- prometheus.Metric) {
	programs, err := c.source.Programs()
	if err != nil {
		metrics <- c.programRuns.broken(err)
		return
	}
	for _, program := range programs {
		metrics <- c.programRuns.value(float64(program.Runs), program.Name)
		metrics <- c.programSeconds.value(program.RunTime.Seconds(), program.Name)
	}
}

func (c *collector) collectFunction(metrics chan<- prometheus.Metric) {
	samples, err := c.source.FunctionSamples()
	if err != nil {
		for _, m := range c.function {
			metrics <- m.broken(err)
		}
		return
	}
	for _, sample := range samples {
		metrics <- c.function[sample.Metric].value(sample.Value, sample.Labels...)
	}
}

const (
	buildInfoName = "build_info"
	buildInfoHelp = "Always 1. The labels say what is running."
)

var buildInfoLabels = []string{"version", "go_version", "hook", "function"}

func newBuildInfo(version string) prometheus.Collector {
	info := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Namespace: "cnf",
		Name:      buildInfoName,
		Help:      buildInfoHelp,
	}, buildInfoLabels)
	info.WithLabelValues(version, runtime.Version(), datapath.HookName, datapath.FunctionName).Set(1)
	return info
}
