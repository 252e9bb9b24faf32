// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"example.com/cnf-template/internal/testnet"
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

// session is a connection that stays open.
type session struct {
	net.Conn
	reader *bufio.Reader
	server string
	port   int
}

// connect opens a connection from a port of the client, and learns who answers.
func (c *cluster) connect(t *testing.T, version, port int) (*session, error) {
	t.Helper()
	var conn net.Conn
	err := c.client.Do(func() error {
		dialer := net.Dialer{
			Timeout:   testnet.Patience,
			LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(c.client.Address(version), uint16(port))),
			KeepAlive: -1,
		}
		var err error
		conn, err = dialer.Dial("tcp", netip.AddrPortFrom(serviceAddress[version], servicePort).String())
		return err
	})
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { conn.Close() })
	s := &session{Conn: conn, reader: bufio.NewReader(conn), port: port}
	conn.SetDeadline(time.Now().Add(testnet.Patience))
	s.server, err = s.reader.ReadString('\n')
	s.server = strings.TrimSpace(s.server)
	return s, err
}

func (c *cluster) mustConnect(t *testing.T, version, port int) *session {
	t.Helper()
	s, err := c.connect(t, version, port)
	if err != nil {
		t.Fatalf("connect from port %d: %v", port, err)
	}
	return s
}

// sessions opens connections from consecutive ports, and counts them by server.
func (c *cluster) sessions(t *testing.T, version, firstPort, count int) (list []*session, byServer map[string]int) {
	t.Helper()
	byServer = map[string]int{}
	for i := range count {
		s := c.mustConnect(t, version, firstPort+i)
		list = append(list, s)
		byServer[s.server]++
	}
	return list, byServer
}

// talk sends a line and waits for it to come back.
func (s *session) talk(text string) error {
	s.SetDeadline(time.Now().Add(testnet.Patience))
	if _, err := fmt.Fprintln(s, text); err != nil {
		return err
	}
	got, err := s.reader.ReadString('\n')
	if err == nil && got != text+"\n" {
		err = fmt.Errorf("got %d bytes that differ from the %d sent", len(got), len(text)+1)
	}
	return err
}

func mustTalk(t *testing.T, sessions []*session, text string) {
	t.Helper()
	for _, s := range sessions {
		if err := s.talk(text); err != nil {
			t.Fatalf("talk to %s from port %d: %v", s.server, s.port, err)
		}
	}
}

const pressed = "the load"

// press sends a line now and then, whether the last one has come back or not: a client that only waits does not find
// out that its server is gone. It ends with the connection, or when it is told to stop.
func (s *session) press(stop *atomic.Bool) error {
	s.SetDeadline(time.Now().Add(testnet.Patience))
	wrote := make(chan error, 1)
	go func() {
		var err error
		for err == nil && !stop.Load() {
			_, err = fmt.Fprintln(s, pressed)
			time.Sleep(20 * time.Millisecond)
		}
		wrote <- err
	}()
	err := s.expectLines(stop)
	// Whoever looks first hears of the reset.
	return errors.Join(err, <-wrote)
}

func (s *session) expectLines(stop *atomic.Bool) error {
	for lines := 0; ; lines++ {
		got, err := s.reader.ReadString('\n')
		switch {
		case err != nil:
			return err
		case got != pressed+"\n":
			return fmt.Errorf("got %q back", got)
		case stop.Load() && lines > 0:
			return nil
		}
	}
}
