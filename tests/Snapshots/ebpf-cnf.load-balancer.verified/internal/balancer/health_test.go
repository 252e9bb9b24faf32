// SPDX-License-Identifier: Apache-2.0

package balancer

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func TestHealthNeedsSeveralResultsInARow(t *testing.T) {
	check := &Check{Rise: 2, Fall: 3}
	health := NewHealth()
	bad := errors.New("bad")
	for i, step := range []struct {
		result      error
		up, changed bool
	}{
		{nil, true, false}, {bad, true, false}, {bad, true, false}, {nil, true, false}, {bad, true, false}, {bad, true, false}, {bad, false, true},
		{bad, false, false}, {nil, false, false}, {bad, false, false}, {nil, false, false}, {nil, true, true}, {nil, true, false},
	} {
		if changed := health.Record(check, step.result); changed != step.changed || health.Up != step.up {
			t.Errorf("step %d: up %t, changed %t, want %+v", i, health.Up, changed, step)
		}
	}
	if health.Failures != 7 {
		t.Errorf("%d failures, want 7", health.Failures)
	}
}

func port16(t *testing.T, address net.Addr) uint16 {
	t.Helper()
	parsed, err := netip.ParseAddrPort(address.String())
	if err != nil {
		t.Fatal(err)
	}
	return parsed.Port()
}

func TestProbe(t *testing.T) {
	status := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			<-r.Context().Done()
			return
		}
		if r.URL.Path == "/elsewhere" {
			http.Redirect(w, r, "http://192.0.2.1/", http.StatusFound)
			return
		}
		w.WriteHeader(status)
	}))
	defer server.Close()
	port := port16(t, server.Listener.Addr())
	probe := func(kind, path string, port uint16) error {
		check := &Check{Type: kind, Path: path, Port: port, Timeout: time.Second}
		if path == "/slow" {
			check.Timeout = 50 * time.Millisecond
		}
		return check.Probe(context.Background(), netip.MustParseAddr("127.0.0.1"))
	}

	for name, err := range map[string]error{
		"connection": probe("tcp", "", port), "request": probe("http", "/healthz", port), "redirect": probe("http", "/elsewhere", port),
	} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	status = http.StatusServiceUnavailable
	if err := probe("http", "/healthz", port); err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("status 503: got %v", err)
	}
	if err := probe("http", "/slow", port); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("no answer in time: got %v", err)
	}
	server.Close()
	if probe("tcp", "", port) == nil || probe("http", "/", port) == nil {
		t.Error("a closed port passes")
	}
}
