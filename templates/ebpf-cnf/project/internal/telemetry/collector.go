// SPDX-License-Identifier: Apache-2.0

// Package telemetry shows to other programs what the data path does: metrics, health and
// flows over HTTP.
package telemetry

import (
	"runtime"

	"github.com/prometheus/client_golang/prometheus"

	"example.com/cnf-template/internal/datapath"
	"example.com/cnf-template/internal/flows"
)

// Source is the data path as this package sees it.
type Source interface {
	Totals() ([]datapath.TotalCount, error)
	Counters() (datapath.Counters, error)
	Usage() datapath.Usage
	Status() []datapath.LinkStatus
	Flows() ([]flows.Flow, error)
}

// collector reads the kernel's counters when it is scraped, and only then. It keeps none of its own: what
// is pinned goes on counting through a restart.
type collector struct {
	source Source

	packets, bytes                                     *prometheus.Desc
	entries, capacity, insertions, evictions, failures *prometheus.Desc
	eventsLost                                         *prometheus.Desc
	linksWanted, linksAttached                         *prometheus.Desc
}

func newCollector(source Source) *collector {
	describe := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(prometheus.BuildFQName("cnf", "", name), help, labels, nil)
	}
	return &collector{
		source:        source,
		packets:       describe("packets_total", "Packets by direction, verdict and reason.", "direction", "verdict", "reason"),
		bytes:         describe("bytes_total", "Bytes by direction, verdict and reason, as the hook sees them.", "direction", "verdict", "reason"),
		entries:       describe("flow_entries", "Flows in the table when it was last counted, every second or, for huge tables, less often."),
		capacity:      describe("flow_capacity", "Flows that the table has room for."),
		insertions:    describe("flow_insertions_total", "Flows that were added to the table."),
		evictions:     describe("flow_evictions_total", "Flows that made room for others: insertions less entries when the table was last counted. Flows that came during the count may be missing until the next one."),
		failures:      describe("flow_insert_failures_total", "Packets that no flow accounts for, because the table had no room for one."),
		eventsLost:    describe("events_lost_total", "Events that found the ring buffer full."),
		linksWanted:   describe("links_wanted", "Attachments that the options ask for."),
		linksAttached: describe("links_attached", "Attachments that are in place."),
	}
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(descriptions chan<- *prometheus.Desc) {
	for _, description := range []*prometheus.Desc{
		c.packets, c.bytes, c.entries, c.capacity, c.insertions, c.evictions, c.failures,
		c.eventsLost, c.linksWanted, c.linksAttached,
	} {
		descriptions <- description
	}
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(metrics chan<- prometheus.Metric) {
	c.collectTotals(metrics)
	c.collectCounters(metrics)

	usage := c.source.Usage()
	metrics <- gauge(c.entries, usage.Entries)
	metrics <- gauge(c.capacity, usage.Capacity)
	metrics <- counter(c.evictions, usage.Evictions)

	status := c.source.Status()
	metrics <- gauge(c.linksWanted, uint64(len(status)))
	metrics <- gauge(c.linksAttached, uint64(len(status)-len(unattached(status))))
}

func (c *collector) collectTotals(metrics chan<- prometheus.Metric) {
	totals, err := c.source.Totals()
	if err != nil {
		metrics <- prometheus.NewInvalidMetric(c.packets, err)
		return
	}
	for _, total := range totals {
		metrics <- counter(c.packets, total.Packets, total.Direction, total.Verdict, total.Reason)
		metrics <- counter(c.bytes, total.Bytes, total.Direction, total.Verdict, total.Reason)
	}
}

func (c *collector) collectCounters(metrics chan<- prometheus.Metric) {
	counters, err := c.source.Counters()
	if err != nil {
		metrics <- prometheus.NewInvalidMetric(c.insertions, err)
		return
	}
	metrics <- counter(c.insertions, counters.FlowsInserted)
	metrics <- counter(c.failures, counters.FlowsNotInserted)
	metrics <- counter(c.eventsLost, counters.EventsLost)
}

func counter(desc *prometheus.Desc, value uint64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(desc, prometheus.CounterValue, float64(value), labels...)
}

func gauge(desc *prometheus.Desc, value uint64) prometheus.Metric {
	return prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, float64(value))
}

func newBuildInfo(version string) prometheus.Collector {
	info := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "cnf_build_info",
		Help: "Always 1. The labels say what is running.",
	}, []string{"version", "go_version", "hook"})
	info.WithLabelValues(version, runtime.Version(), datapath.HookName).Set(1)
	return info
}
