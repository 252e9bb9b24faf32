// SPDX-License-Identifier: Apache-2.0

package telemetry

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"example.com/my-cnf/internal/datapath"
	"example.com/my-cnf/internal/flows"
)

type fakeSource struct {
	status []datapath.LinkStatus
	err    error
}

func (f *fakeSource) Totals() ([]datapath.TotalCount, error) {
	return []datapath.TotalCount{
		{Direction: "ingress", Verdict: "pass", Reason: "none", Packets: 3, Bytes: 300},
		{Direction: "egress", Verdict: "drop", Reason: "bad_length", Packets: 1, Bytes: 60},
	}, f.err
}

func (f *fakeSource) Counters() (datapath.Counters, error) {
	return datapath.Counters{FlowsInserted: 9, FlowsEvicted: 4, FlowsNotInserted: 1, EventsLost: 2}, f.err
}

func (f *fakeSource) Programs() ([]datapath.ProgramStats, error) {
	return []datapath.ProgramStats{{Name: "xdp_ingress", Runs: 7, RunTime: 1500 * time.Millisecond}}, f.err
}

func (f *fakeSource) AttachFailures() uint64 { return 6 }

func (f *fakeSource) FunctionSamples() ([]datapath.Sample, error) { return nil, f.err }

func (f *fakeSource) FunctionReport() (any, error) { return []string{"state"}, f.err }

func (f *fakeSource) Capacity() uint32 { return 8 }

func (f *fakeSource) Status() []datapath.LinkStatus { return f.status }

func (f *fakeSource) Flows() ([]flows.Flow, error) { return nil, f.err }

func attached(target string) datapath.LinkStatus {
	return datapath.LinkStatus{Program: "ingress", Target: target, Mode: "native"}
}

func missing(target string) datapath.LinkStatus {
	return datapath.LinkStatus{Program: "ingress", Target: target, Err: errors.New("slot taken")}
}

func TestCollectorIsConsistent(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(newCollector(&fakeSource{}))
	if _, err := registry.Gather(); err != nil {
		t.Error(err)
	}
}

func get(t *testing.T, source Source, path string) (int, string) {
	t.Helper()
	recorder := httptest.NewRecorder()
	handler := Handler(source, "v1", slog.New(slog.NewTextHandler(io.Discard, nil)))
	handler.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, path, nil))
	return recorder.Code, recorder.Body.String()
}

func TestMetricsHaveEveryName(t *testing.T) {
	code, body := get(t, &fakeSource{status: []datapath.LinkStatus{attached("eth0"), missing("eth1")}}, "/metrics")
	if code != http.StatusOK {
		t.Fatalf("status %d: %s", code, body)
	}
	for _, want := range []string{
		`cnf_packets_total{direction="ingress",reason="none",verdict="pass"} 3`,
		`cnf_bytes_total{direction="egress",reason="bad_length",verdict="drop"} 60`,
		"cnf_flow_entries 5", "cnf_flow_capacity 8", "cnf_flow_insertions_total 9", "cnf_flow_evictions_total 4",
		"cnf_flow_insert_failures_total 1", "cnf_events_lost_total 2",
		"cnf_links_wanted 2", "cnf_links_attached 1", "cnf_attach_failures_total 6",
		`cnf_program_runs_total{program="xdp_ingress"} 7`, `cnf_program_run_seconds_total{program="xdp_ingress"} 1.5`,
		`hook="` + datapath.HookName + `",version="v1"} 1`,
	} {
		if !strings.Contains(body, want+"\n") {
			t.Errorf("%q is missing in\n%s", want, body)
		}
	}
}

func TestMetricsLeaveOutWhatCannotBeRead(t *testing.T) {
	_, body := get(t, &fakeSource{err: errors.New("broken")}, "/metrics")
	if strings.Contains(body, "cnf_packets_total{") {
		t.Error("totals that could not be read are shown")
	}
	if !strings.Contains(body, "cnf_flow_capacity 8\n") {
		t.Error("one broken map hides the other metrics")
	}
}

func TestReadyExplainsItself(t *testing.T) {
	for name, test := range map[string]struct {
		status []datapath.LinkStatus
		code   int
		want   string
	}{
		"all attached":   {[]datapath.LinkStatus{attached("eth0")}, 200, "1 of 1 attached\nattached ingress eth0 (native)\n"},
		"one missing":    {[]datapath.LinkStatus{attached("eth0"), missing("eth1")}, 503, "missing  ingress eth1: slot taken\n"},
		"nothing wanted": {nil, 503, "0 of 0 attached\nno " + datapath.TargetKind + " matches"},
	} {
		t.Run(name, func(t *testing.T) {
			code, body := get(t, &fakeSource{status: test.status}, "/readyz")
			if code != test.code || !strings.Contains(body, test.want) {
				t.Errorf("got %d %q, want %d %q", code, body, test.code, test.want)
			}
		})
	}
}

func TestLiveAndFlows(t *testing.T) {
	if code, body := get(t, &fakeSource{}, "/livez"); code != 200 || body != "ok\n" {
		t.Errorf("/livez: %d %q", code, body)
	}
	if code, body := get(t, &fakeSource{}, "/flows"); code != 200 || body != "[]\n" {
		t.Errorf("/flows: %d %q", code, body)
	}
	if code, _ := get(t, &fakeSource{err: errors.New("broken")}, "/flows"); code != 500 {
		t.Errorf("/flows of a broken table: %d", code)
	}
}

func TestListenNamesTheRemedyForAPortInUse(t *testing.T) {
	first, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	_, err = Listen(first.Addr().String())
	if err == nil || !strings.Contains(err.Error(), "--listen") {
		t.Errorf("got %v", err)
	}
}

func TestServeEndsWithItsContext(t *testing.T) {
	listener, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- Serve(ctx, listener, http.NotFoundHandler()) }()
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
