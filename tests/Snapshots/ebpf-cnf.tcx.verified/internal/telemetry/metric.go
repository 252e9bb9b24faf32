// SPDX-License-Identifier: Apache-2.0

package telemetry

import (
	"fmt"
	"io"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

// metric is a metric whose values are read when it is scraped.
type metric struct {
	name, help string
	kind       prometheus.ValueType
	labels     []string
	desc       *prometheus.Desc
}

func newMetric(kind prometheus.ValueType, name, help string, labels ...string) metric {
	name = prometheus.BuildFQName("cnf", "", name)
	return metric{name, help, kind, labels, prometheus.NewDesc(name, help, labels, nil)}
}

func (m metric) value(value float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(m.desc, m.kind, value, labels...)
}

func (m metric) broken(err error) prometheus.Metric {
	return prometheus.NewInvalidMetric(m.desc, err)
}

// Document writes a table of all metrics of the collector.
func Document(w io.Writer) error {
	text := strings.Builder{}
	text.WriteString("# Metrics\n\nMade from the code: `go test ./internal/telemetry -update`. The usual metrics of Go programs " +
		"(`go_`, `process_`) come on top.\n\n| name | type | labels | meaning |\n|---|---|---|---|\n")
	build := newMetric(prometheus.GaugeValue, buildInfoName, buildInfoHelp, buildInfoLabels...)
	for _, m := range append(newCollector(nil).metrics(), build) {
		kind := "gauge"
		if m.kind == prometheus.CounterValue {
			kind = "counter"
		}
		fmt.Fprintf(&text, "| `%s` | %s | %s | %s |\n", m.name, kind, strings.Join(m.labels, ", "), m.help)
	}
	_, err := io.WriteString(w, text.String())
	return err
}
