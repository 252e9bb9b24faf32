// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"example.com/my-cnf/internal/testnet"
)

const servicePort = 8080

// addresses of the service, by IP version.
var serviceAddress = map[int]netip.Addr{4: netip.MustParseAddr("203.0.113.10"), 6: netip.MustParseAddr("2001:db8:1::10")}

// cluster is a client, a balancer and servers on one Ethernet. The service's addresses belong to every server; the
// client sends what is for them to the balancer.
type cluster struct {
	client, balancer testnet.End
	servers          []*server
	file             string
}

func newCluster(t *testing.T, servers int) *cluster {
	t.Helper()
	ends := testnet.LAN(t, 2+servers)
	return clusterOf(t, ends[0], ends[1], ends[2:])
}

// newRouted makes a cluster whose servers are on another Ethernet than the client. The balancer is on both, and routes answers.
func newRouted(t *testing.T, servers int) *cluster {
	t.Helper()
	front := testnet.LAN(t, 2)
	machines := []*testnet.Namespace{front[1].Namespace}
	for range servers {
		machines = append(machines, testnet.New(t))
	}
	back := testnet.Join(t, 1, machines...)
	front[1].Forward(t)
	for _, end := range back[1:] {
		end.Route(t, front[0].IPv4, back[0])
	}
	return clusterOf(t, front[0], front[1], back[1:])
}

func clusterOf(t *testing.T, client, balancer testnet.End, servers []testnet.End) *cluster {
	t.Helper()
	c := &cluster{client: client, balancer: balancer, file: filepath.Join(t.TempDir(), "services.yaml")}
	for i, end := range servers {
		c.servers = append(c.servers, newServer(t, end, fmt.Sprint("server", i)))
	}
	for _, address := range serviceAddress {
		c.client.Route(t, address, c.balancer)
		for _, s := range c.servers {
			s.Own(t, address)
		}
	}
	c.client.SetMTU(t, c.client.Name, 1500)
	return c
}

// option is a line or more of the services file.
type option struct {
	version        int
	protocol, mode string
	// check is what follows "check:", empty for none.
	check string
	// backends are IP versions; the version of the service where it is 0.
	backendVersion int
	weights        []int
}

// write writes the services file. A weight of -1 leaves a server out.
func (c *cluster) write(t *testing.T, o option) {
	t.Helper()
	if o.backendVersion == 0 {
		o.backendVersion = o.version
	}
	text := fmt.Sprintf("services:\n  - name: test\n    address: %s\n    port: %d\n    protocol: %s\n    forward: %s\n",
		serviceAddress[o.version], servicePort, o.protocol, o.mode)
	if o.check != "" {
		text += "    check: " + o.check + "\n"
	}
	text += "    backends:\n"
	for i, s := range c.servers {
		if o.weights[i] >= 0 {
			text += fmt.Sprintf("      - {address: %q, weight: %d}\n", s.Address(o.backendVersion), o.weights[i])
		}
	}
	if err := os.WriteFile(c.file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func (c *cluster) start(t *testing.T, args ...string) *process {
	t.Helper()
	p := launch(t, c.balancer.Namespace, identity{}, append([]string{"run", "--interface", c.balancer.Name, "--services", c.file}, args...)...)
	p.awaitReady()
	return p
}

// reload lets the balancer read the file again, and waits until it has said something about that.
func (c *cluster) reload(t *testing.T, p *process, says string) {
	t.Helper()
	before := strings.Count(p.log(), says)
	if err := p.command.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() error {
		if strings.Count(p.log(), says) == before {
			return fmt.Errorf("the log does not say %q:\n%s", says, p.log())
		}
		return nil
	})
}

// backendReport is an entry of GET /function, written down once more: the format is a promise.
type backendReport struct {
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
	Reason      string     `json:"reason"`
}

func (c *cluster) backends(t *testing.T, p *process) map[netip.Addr]backendReport {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(p.mustGet("/function")))
	decoder.DisallowUnknownFields()
	var list []backendReport
	if err := decoder.Decode(&list); err != nil {
		t.Fatalf("decode report: %v", err)
	}
	backends := map[netip.Addr]backendReport{}
	for _, b := range list {
		backends[b.Backend] = b
	}
	return backends
}

func (c *cluster) awaitState(t *testing.T, p *process, backend netip.Addr, want string) {
	t.Helper()
	eventually(t, func() error {
		if got := c.backends(t, p)[backend]; got.State != want {
			return fmt.Errorf("backend %s is %q, want %q: %s", backend, got.State, want, got.Reason)
		}
		return nil
	})
}
