// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/my-cnf/internal/testnet"
)

const (
	slow         = "8bit" // a byte per second: nothing, for the time of a test
	datagramSize = 100
)

// onTheHook is the length of a datagram of so many bytes, as the hook counts it.
func onTheHook(version, payload int) int {
	const ethernet, ipv4, ipv6, udp = 14, 20, 40, 8
	length := payload + udp + map[int]int{4: ipv4, 6: ipv6}[version]
	if hookName != "cgroup" {
		length += ethernet
	}
	return length
}

// burstOf is a burst that so many datagrams use up, with half of one to spare for what the rate brings.
func burstOf(version, datagrams int) string {
	length := onTheHook(version, datagramSize)
	return fmt.Sprint(datagrams*length - length/2)
}

// receiver is a socket of near to which far sends.
type receiver struct {
	*net.UDPConn
	address netip.AddrPort
}

func receive(t *testing.T, b *bench, version int) receiver {
	t.Helper()
	r := receiver{address: netip.AddrPortFrom(b.near.Address(version), testnet.ServerPort)}
	err := b.near.Do(func() (err error) {
		r.UDPConn, err = net.ListenUDP(fmt.Sprint("udp", version), net.UDPAddrFromAddrPort(r.address))
		return err
	})
	must(t, err)
	t.Cleanup(func() { r.Close() })
	must(t, r.SetReadBuffer(4<<20))
	return r
}

// send sends datagrams from a port of far's.
func (r receiver) send(t *testing.T, b *bench, port, count int) {
	t.Helper()
	var socket *net.UDPConn
	must(t, b.far.Do(func() (err error) {
		from := netip.AddrPortFrom(b.far.Address(version(r.address)), uint16(port))
		socket, err = net.DialUDP("udp", net.UDPAddrFromAddrPort(from), net.UDPAddrFromAddrPort(r.address))
		return err
	}))
	defer socket.Close()
	for range count {
		_, err := socket.Write(make([]byte, datagramSize))
		must(t, err)
	}
}

func version(address netip.AddrPort) int {
	if address.Addr().Is4() {
		return 4
	}
	return 6
}

// arrived counts what is there to be read. A device pair is done with a packet when its sender is.
func (r receiver) arrived(t *testing.T) (count int) {
	t.Helper()
	must(t, r.SetReadDeadline(time.Now().Add(200*time.Millisecond)))
	for buffer := make([]byte, 2*datagramSize); ; count++ {
		if _, err := r.Read(buffer); err != nil {
			return count
		}
	}
}

// expect sends datagrams, and wants some of them to arrive.
func (r receiver) expect(t *testing.T, b *bench, what string, port, sent, want int) {
	t.Helper()
	r.send(t, b, port, sent)
	if got := r.arrived(t); got != want {
		t.Errorf("%s: %d of %d datagrams arrived, want %d", what, got, sent, want)
	}
}

func TestBurstArrivesAndTheRestIsDropped(t *testing.T) {
	for _, version := range []int{4, 6} {
		t.Run(fmt.Sprint("IPv", version), func(t *testing.T) {
			b := place(t)
			r := receive(t, b, version)
			r.expect(t, b, "without the CNF", 5000, 50, 50)
			p := b.start(t, "--rate", slow, "--burst", burstOf(version, 20))
			r.expect(t, b, "a burst", 5000, 50, 20)
			r.expect(t, b, "the same source from another port", 5001, 10, 0)

			totals := countedTotals(p)
			length := uint64(onTheHook(version, datagramSize))
			if got := totals[totalKey{"ingress", "rate_exceeded drop"}]; got != (count{packets: 40, bytes: 40 * length}) {
				t.Errorf("%+v is counted as dropped, want 40 datagrams of %d bytes", got, length)
			}
			if got := totals[totalKey{"ingress", "none"}]; got != (count{packets: 20, bytes: 20 * length}) {
				t.Errorf("%+v is counted as passed, want 20 datagrams of %d bytes", got, length)
			}
			metrics := p.metrics()
			for name, want := range map[string]float64{
				`cnf_limit_rate{unit="bits"}`: 8, "cnf_bucket_capacity": 65536, "cnf_buckets_in_use": 1, "cnf_buckets_empty": 1,
				"cnf_bucket_shared_packets_total": 0,
			} {
				if got, ok := metrics[name]; !ok || got != want {
					t.Errorf("%s is %v, want %v", name, got, want)
				}
			}
			p.stop()
			r.expect(t, b, "after the CNF", 5000, 10, 10)
		})
	}
}

func TestFlowsHaveTheirOwnBuckets(t *testing.T) {
	b := place(t)
	r := receive(t, b, 4)
	p := b.start(t, "--rate", slow, "--burst", burstOf(4, 5), "--per", "flow")
	for port := 5000; port < 5003; port++ {
		r.expect(t, b, fmt.Sprint("from port ", port), port, 10, 5)
	}
	p.stop()
}

func TestInterfaceHasOneBucket(t *testing.T) {
	b := place(t)
	r4, r6 := receive(t, b, 4), receive(t, b, 6)
	p := b.start(t, "--rate", slow, "--burst", burstOf(4, 5), "--per", "interface")
	r4.expect(t, b, "IPv4", 5000, 10, 5)
	r6.expect(t, b, "IPv6", 5000, 10, 0)
	p.stop()
}

// settings writes the file that a run reads with --config.
func settings(t *testing.T, path string, lines ...string) {
	t.Helper()
	must(t, os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o644))
}

// reload has the CNF read its settings again, and waits until it says what came of it.
func reload(t *testing.T, p *process, want string) {
	t.Helper()
	seen := len(p.log())
	must(t, p.command.Process.Signal(syscall.SIGHUP))
	eventually(t, func() error {
		if log := p.log()[seen:]; !strings.Contains(log, want) {
			return fmt.Errorf("the log does not say %q:\n%s", want, log)
		}
		return nil
	})
}

func TestReloadKeepsBuckets(t *testing.T) {
	b := place(t)
	r := receive(t, b, 4)
	file := filepath.Join(t.TempDir(), "settings.yaml")
	settings(t, file, "rate: "+slow, "burst: "+burstOf(4, 10))
	p := b.start(t, "--config", file)
	r.expect(t, b, "the first burst", 5000, 20, 10)

	settings(t, file, "rate: 16bit", "burst: "+burstOf(4, 1000))
	reload(t, p, "settings reloaded")
	r.expect(t, b, "a larger burst", 5000, 20, 0)

	for _, c := range []struct{ wrong, want string }{
		{"rate: 10mb", file + ":1: rate: want packets per second"},
		{"per: host", file + ":1: per: want source|flow|interface"},
		{"ipv4-prefix: 33", "--ipv4-prefix 33"},
	} {
		settings(t, file, c.wrong)
		reload(t, p, c.want)
		r.expect(t, b, "after the wrong setting "+c.wrong, 5000, 20, 0)
	}

	settings(t, file, "rate: 0")
	reload(t, p, "settings reloaded")
	r.expect(t, b, "no limit", 5000, 20, 20)
	settings(t, file, "rate: "+slow, "burst: "+burstOf(4, 7), "buckets: 1024")
	reload(t, p, "changes with the next start")
	r.expect(t, b, "a limit again", 5000, 20, 7)
	p.stop()
}

func TestBucketsSurviveRestarts(t *testing.T) {
	b := place(t)
	pin := bpffs(t)
	r := receive(t, b, 4)
	flags := []string{"--pin", pin, "--on-exit", "keep", "--rate", slow, "--burst", burstOf(4, 10)}
	p := b.start(t, flags...)
	r.expect(t, b, "the first burst", 5000, 6, 6)
	p.kill()
	r.expect(t, b, "without a process", 5000, 20, 4)
	p = b.start(t, flags...)
	r.expect(t, b, "after a restart", 5000, 20, 0)
	p.stop()
	detach(t, b, pin)
}

func TestFunctionIsReported(t *testing.T) {
	b := place(t)
	p := b.start(t, "--rate", "10mbit", "--per", "flow", "--buckets", "1000")
	var report struct {
		Rate, Per string
		Burst     uint64
		Buckets   struct{ Capacity int }
	}
	must(t, json.Unmarshal([]byte(p.mustGet("/function")), &report))
	if report.Rate != "10mbit" || report.Per != "flow" || report.Burst != 125_000 || report.Buckets.Capacity != 1024 {
		t.Errorf("got %+v", report)
	}
	p.stop()
}
