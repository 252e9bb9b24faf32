// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/ringbuf"
	"github.com/gopacket/gopacket/layers"
)

// lines hands on what is logged.
type lines chan string

func (l lines) Write(line []byte) (int, error) {
	l <- string(line)
	return len(line), nil
}

// newDatapath loads the programs with a few ports to guard.
func newDatapath(t *testing.T, change func(*ebpf.CollectionSpec), ports ...uint) (*Datapath, lines) {
	t.Helper()
	spec, err := loadBpf()
	if err != nil {
		t.Fatal(err)
	}
	change(spec)
	logged := make(lines, 100)
	d := &Datapath{log: slog.New(slog.NewTextHandler(logged, nil))}
	if err := spec.LoadAndAssign(&d.objects, nil); err != nil {
		t.Fatalf("load: %+v", err)
	}
	t.Cleanup(func() { d.objects.Close() })
	if err := d.guard(ports); err != nil {
		t.Fatal(err)
	}
	return d, logged
}

func unchanged(*ebpf.CollectionSpec) {}

func TestGuard(t *testing.T) {
	d, _ := newDatapath(t, unchanged, 53, 443, 2048)
	for _, test := range []struct {
		name   string
		packet []byte
		want   uint32
	}{
		{"UDP to a guarded port", udp(t, client, 53), shot},
		{"and once more", udp(t, client, 53), shot},
		{"TCP to a guarded port", tcp(t, 443), shot},
		{"UDP to another port", udp(t, client, 54), next},
		{"TCP to another port", tcp(t, 80), next},
		// Type and code of a ping look like port 2048.
		{"ping", ping(t), next},
		{"ARP", arp(t), next},
	} {
		if got := run(t, d.objects.TcxIngress, test.packet); got != test.want {
			t.Errorf("%s: verdict %d, want %d", test.name, int32(got), int32(test.want))
		}
	}

	ports, err := d.GuardedPorts()
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(ports, func(a, b GuardedPort) int { return int(a.Port) - int(b.Port) })
	if want := []GuardedPort{{53, 2}, {443, 1}, {2048, 0}}; !slices.Equal(ports, want) {
		t.Errorf("got %v, want %v", ports, want)
	}
}

func TestGuardEvents(t *testing.T) {
	d, logged := newDatapath(t, unchanged, 53)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	ended := make(chan error)
	go func() { ended <- d.readGuardEvents(ctx) }()

	for range 3 {
		run(t, d.objects.TcxIngress, udp(t, client, 53))
	}
	select {
	case line := <-logged:
		if !strings.Contains(line, "port=53 source=192.0.2.1") {
			t.Errorf("logged %q", line)
		}
	case err := <-ended:
		t.Fatalf("no event was logged: %v", err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if len(logged) != 0 {
		t.Errorf("logged once more: %q", <-logged)
	}
}

// Nobody reads events here until all are sent: what finds no room is counted.
func TestGuardCountsLostEvents(t *testing.T) {
	const sent = 200
	var ports []uint
	for port := range uint(sent) {
		ports = append(ports, port+1)
	}
	d, _ := newDatapath(t, func(spec *ebpf.CollectionSpec) {
		spec.Maps["guard_events"].MaxEntries = uint32(os.Getpagesize())
	}, ports...)
	for _, port := range ports {
		if got := run(t, d.objects.TcxIngress, udp(t, client, layers.UDPPort(port))); got != shot {
			t.Fatalf("port %d: verdict %d, want it dropped", port, int32(got))
		}
	}

	var lost uint64
	if err := d.objects.GuardEventsLost.Get(&lost); err != nil {
		t.Fatal(err)
	}
	if read := pending(t, d.objects.GuardEvents); read == 0 || lost == 0 || uint64(read)+lost != sent {
		t.Errorf("%d events were read and %d counted as lost, want both and %d together", read, lost, sent)
	}
}

// pending reads what is in a ring buffer and counts it.
func pending(t *testing.T, m *ebpf.Map) (records int) {
	t.Helper()
	reader, err := ringbuf.NewReader(m)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	// What is there is handed out before the deadline is looked at.
	reader.SetDeadline(time.Unix(1, 0))
	for {
		switch _, err := reader.Read(); {
		case errors.Is(err, os.ErrDeadlineExceeded):
			return records
		case err != nil:
			t.Fatal(err)
		}
		records++
	}
}
