// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/my-cnf/internal/testnet"
)

const listenAddress = "127.0.0.1:9464"

// flow is an entry of GET /flows, written down once more: the format is a promise.
type flow struct {
	Source          netip.Addr `json:"source"`
	SourcePort      uint16     `json:"source_port"`
	Destination     netip.Addr `json:"destination"`
	DestinationPort uint16     `json:"destination_port"`
	Protocol        string     `json:"protocol"`
	VLAN            uint16     `json:"vlan"`
	Direction       string     `json:"direction"`
	Packets         uint64     `json:"packets"`
	Bytes           uint64     `json:"bytes"`
	FirstSeen       time.Time  `json:"first_seen"`
	LastSeen        time.Time  `json:"last_seen"`
	TCPFlags        string     `json:"tcp_flags"`
}

// get asks the CNF from inside its namespace.
func (p *process) get(path string) (status int, body string, err error) {
	client := http.Client{
		Timeout: testnet.Patience,
		Transport: &http.Transport{
			DisableKeepAlives: true,
			DialContext: func(_ context.Context, network, address string) (net.Conn, error) {
				return p.inside.Dial(network, address)
			},
		},
	}
	response, err := client.Get("http://" + listenAddress + path)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	return response.StatusCode, string(content), err
}

func (p *process) mustGet(path string) string {
	p.t.Helper()
	status, body, err := p.get(path)
	if err != nil || status != http.StatusOK {
		p.t.Fatalf("GET %s: status %d, %v\n%s", path, status, err, body)
	}
	return body
}

// flows returns the flow table.
func (p *process) flows() []flow {
	p.t.Helper()
	return parseFlows(p.t, p.mustGet("/flows"))
}

func parseFlows(t *testing.T, text string) []flow {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	var flows []flow
	if err := decoder.Decode(&flows); err != nil {
		t.Fatalf("decode flows: %v\n%s", err, text)
	}
	for _, f := range flows {
		if f.LastSeen.Before(f.FirstSeen) || time.Since(f.LastSeen) < 0 || time.Since(f.FirstSeen) > time.Hour {
			t.Errorf("a flow was seen from %s to %s", f.FirstSeen, f.LastSeen)
		}
	}
	return flows
}

// metrics returns all samples by name and labels, as they are written.
func (p *process) metrics() map[string]float64 {
	p.t.Helper()
	samples := map[string]float64{}
	lines := bufio.NewScanner(strings.NewReader(p.mustGet("/metrics")))
	for lines.Scan() {
		line := lines.Text()
		end := strings.LastIndexByte(line, ' ')
		if strings.HasPrefix(line, "#") || end < 0 {
			continue
		}
		value, err := strconv.ParseFloat(line[end+1:], 64)
		if err != nil {
			p.t.Fatalf("read metric %q: %v", line, err)
		}
		samples[line[:end]] = value
	}
	return samples
}

// ready is an error while /readyz does not answer 200.
func (p *process) ready() error {
	select {
	case <-p.ended:
		return errEnded
	default:
	}
	status, body, err := p.get("/readyz")
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		return fmt.Errorf("not ready: %s", body)
	}
	return nil
}
