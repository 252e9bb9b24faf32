// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"errors"
	"testing"
	"time"

	"example.com/my-cnf/internal/testnet"
)

// bench is the network of a test. The CNF runs in near's namespace, and with args it
// sees near's traffic. Each hook's place makes one.
type bench struct {
	near, far testnet.End
	args      []string
	// links is how many links the CNF makes for that.
	links int
}

// vethBench is two namespaces joined by a veth pair.
func vethBench(t *testing.T) *bench {
	t.Helper()
	near, far := testnet.Veth(t, testnet.New(t), testnet.New(t))
	return &bench{near: near, far: far}
}

// inside is near's namespace, outside any cgroup.
func (b *bench) inside() *testnet.Namespace { return b.near.Outside() }

// launch starts the CNF and does not wait for it.
func (b *bench) launch(t *testing.T, who identity, args ...string) *process {
	t.Helper()
	return launch(t, b.inside(), who, append(append([]string{"run"}, b.args...), args...)...)
}

// start starts the CNF and waits until it is ready.
func (b *bench) start(t *testing.T, args ...string) *process {
	t.Helper()
	p := b.launch(t, identity{}, args...)
	p.awaitReady()
	return p
}

func (p *process) awaitReady() {
	p.t.Helper()
	eventually(p.t, p.ready)
}

// errEnded stops waiting: a process that has ended will do nothing any more.
var errEnded = errors.New("the CNF has ended")

// eventually repeats a check until it passes or patience ends, less and less often: on a slow
// machine the checks would slow down what they wait for.
func eventually(t *testing.T, check func() error) {
	t.Helper()
	deadline := time.Now().Add(testnet.Patience)
	for pause := 20 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		err := check()
		if err == nil {
			return
		}
		if errors.Is(err, errEnded) || time.Now().After(deadline) {
			t.Fatal(err)
		}
		time.Sleep(pause)
	}
}

// udpFlows are the packets that the CNF counted of testnet.UDP with near as client, by
// direction.
func udpFlows(b *bench, flows []flow) map[string]uint64 {
	packets := map[string]uint64{}
	for _, f := range flows {
		there := f.Source == b.near.IPv4 && f.SourcePort == testnet.ClientPort && f.DestinationPort == testnet.ServerPort
		back := f.Destination == b.near.IPv4 && f.DestinationPort == testnet.ClientPort && f.SourcePort == testnet.ServerPort
		if f.Protocol == "udp" && (there && f.Direction == "egress" || back && f.Direction == "ingress") {
			packets[f.Direction] += f.Packets
		}
	}
	return packets
}

// allDirections expects the same number of packets in each of the hook's directions.
func allDirections(packets uint64) map[string]uint64 {
	want := map[string]uint64{}
	for _, direction := range directions {
		want[direction] = packets
	}
	return want
}
