// SPDX-License-Identifier: Apache-2.0

package balancer

import (
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

const example = `# Two services.
services:
  - name: web
    address: 203.0.113.10
    port: 443
    protocol: tcp
    forward: l2
    check: {type: http, port: 8080, path: /healthz, interval: 5s, timeout: 500ms, rise: 1, fall: 4}
    backends:
      - address: 10.0.0.11
        weight: 3
      - {address: 10.0.0.12, mac: "02:00:00:00:00:12"}
  - name: dns
    address: 2001:db8::53
    port: 53
    protocol: udp
    forward: ipip
    check:
      type: tcp
      port: 53
    backends: [{address: 10.0.0.13, weight: 0}]
`

func write(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "services.yaml")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestLoad(t *testing.T) {
	got, err := Load(write(t, example))
	if err != nil {
		t.Fatal(err)
	}
	want := []Service{{
		Name: "web", Endpoint: Endpoint{netip.MustParseAddr("203.0.113.10"), 443, TCP}, Forward: L2,
		Check: &Check{Type: "http", Port: 8080, Path: "/healthz", Interval: 5 * time.Second, Timeout: 500 * time.Millisecond, Rise: 1, Fall: 4},
		Backends: []Backend{
			{Address: netip.MustParseAddr("10.0.0.11"), Weight: 3},
			{Address: netip.MustParseAddr("10.0.0.12"), Weight: 1, MAC: net.HardwareAddr{2, 0, 0, 0, 0, 0x12}},
		},
	}, {
		Name: "dns", Endpoint: Endpoint{netip.MustParseAddr("2001:db8::53"), 53, UDP}, Forward: IPIP,
		Check:    &Check{Type: "tcp", Port: 53, Interval: 2 * time.Second, Timeout: time.Second, Rise: 2, Fall: 3},
		Backends: []Backend{{Address: netip.MustParseAddr("10.0.0.13")}},
	}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestEmptyFilesHaveNoServices(t *testing.T) {
	for _, content := range []string{"", "# nothing\n", "services: []\n", "services:\n"} {
		if services, err := Load(write(t, content)); err != nil || len(services) != 0 {
			t.Errorf("%q: got %v, %v", content, services, err)
		}
	}
}

// Each changes one thing of the example.
func TestErrorsNameTheLine(t *testing.T) {
	for _, test := range []struct {
		old, new, want string
	}{
		{"services:", "service:", ":2: "},
		{"    forward: l2", "    forwards: l2", ":7: "},
		{"port: 443", "port: many", ":5: "},
		{"port: 443", "port: 0", ":5: port 0: want 1 to 65535"},
		{"address: 203.0.113.10", "address: 203.0.113", ":4: address \"203.0.113\": want"},
		{"address: 203.0.113.10", "address: 0.0.0.0", ":4: address"},
		{"protocol: tcp", "protocol: sctp", ":6: protocol \"sctp\": want tcp or udp"},
		{"forward: l2", "forward: nat", ":7: forward \"nat\": want l2 or ipip"},
		{"type: http", "type: icmp", ":8: type \"icmp\": want tcp or http"},
		{"timeout: 500ms", "timeout: 6s", ":8: timeout 6s: want no more than the interval, 5s"},
		{"interval: 5s", "interval: 1ms", ":8: interval 1ms: want 100ms or more"},
		{"interval: 5s", "interval: often", ":8: \"often\": want a time"},
		{"path: /healthz", "path: healthz", ":8: path"},
		{"weight: 3", "weight: 1001", ":11: weight 1001: want 0 to 1000"},
		{"weight: 3", "weight: heavy", ":11: "},
		{"mac: \"02:00:00:00:00:12\"", "mac: \"02:00\"", ":12: mac \"02:00\""},
		{"10.0.0.12", "10.0.0.11", ":12: backend 10.0.0.11 is there twice"},
		{"10.0.0.12", "fd00::12", ":12: backend fd00::12 and address 203.0.113.10 are of different IP versions"},
		{"name: dns", "name: web", ":13: name web is there twice"},
		{"name: dns", "name: ''", ":13: the service has no name"},
		{"backends: [{address: 10.0.0.13, weight: 0}]", "backends: []", ":21: service dns has no backends"},
		{"      port: 53\n", "", ":19: port 0: want 1 to 65535"},
		{"services:", "services: [", ":"},
	} {
		content := strings.Replace(example, test.old, test.new, 1)
		path := write(t, content)
		_, err := Load(path)
		if err == nil || !strings.HasPrefix(err.Error(), path+test.want) {
			t.Errorf("%q for %q: got %v, want %s", test.new, test.old, err, test.want)
		}
	}
	if _, err := Load("/no/such/file"); err == nil {
		t.Error("a missing file is accepted")
	}
	twice := strings.NewReplacer("2001:db8::53", "203.0.113.10", "53\n    protocol: udp", "443\n    protocol: tcp").Replace(example)
	if _, err := Load(write(t, twice)); err == nil || !strings.Contains(err.Error(), ":13: tcp 203.0.113.10:443 is there twice") {
		t.Errorf("one endpoint in two services: got %v", err)
	}
}
