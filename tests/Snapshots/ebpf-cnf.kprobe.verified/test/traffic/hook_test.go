// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"fmt"
	"maps"
	"net/netip"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"example.com/my-cnf/internal/testnet"
)

const hookName = "kprobe"

var (
	capabilities = []uintptr{unix.CAP_BPF, unix.CAP_PERFMON}
	directions   = []string{"ingress", "egress"}
)

func place(t *testing.T) *bench {
	t.Helper()
	allowPerfEvents(t)
	b := vethBench(t)
	b.links = 8
	return b
}

// allowPerfEvents does what `doctor` says on kernels of Debian and Ubuntu, for tests that run the CNF
// with CAP_PERFMON and without CAP_SYS_ADMIN.
func allowPerfEvents(t *testing.T) {
	t.Helper()
	const path = "/proc/sys/kernel/perf_event_paranoid"
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if value := strings.TrimSpace(string(before)); value != "3" && value != "4" {
		return
	}
	if err := os.WriteFile(path, []byte("2"), 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.WriteFile(path, before, 0); err != nil {
			t.Error(err)
		}
	})
}

// One CNF for all: on an emulated machine it takes seconds to start. The scenarios use ports
// of their own.
func TestSocketsAreCountedExactly(t *testing.T) {
	b := place(t)
	older := connect(t, b.near.Namespace, 6101, 6001)
	send(t, older.client, older.server, 77)
	// While the CNF walks its table, the kernel skips the probes on that CPU: a small table is walked fast.
	p := b.start(t, "--events", "--max-flows", "1024")

	t.Run("messages over a device", func(t *testing.T) { testDevice(t, b, p) })
	t.Run("unconnected and mapped datagrams", func(t *testing.T) { testUnconnected(t, b, p) })
	t.Run("refused datagrams", func(t *testing.T) { testRefused(t, b, p) })
	t.Run("datagrams only looked at", func(t *testing.T) { testPeek(t, b, p) })
	t.Run("corked datagram", func(t *testing.T) { testCork(t, b, p) })
	t.Run("connection older than the program", func(t *testing.T) { testOlder(t, p, older) })
	t.Run("idle connection", func(t *testing.T) { testIdle(t, b, p) })
	t.Run("read after the end", func(t *testing.T) { testReadAfterEnd(t, b, p) })
	t.Run("reset", func(t *testing.T) { testReset(t, b, p) })
	t.Run("sendfile", func(t *testing.T) { testSendfile(t, b, p) })
	t.Run("many waiting senders", func(t *testing.T) { testWaitingSenders(t, b, p) })
}

func testDevice(t *testing.T, b *bench, p *process) {
	want := map[string]count{}
	for _, version := range []int{4, 6} {
		testnet.UDP(t, b.near, b.far, version, 7, 100)
		testnet.TCP(t, b.near, b.far, version, 5, 1000)
		maps.Copy(want, nearView(b, "udp", version, count{7, 700}))
		maps.Copy(want, nearView(b, "tcp", version, count{5, 5000}))
	}
	p.expectCounts(t, testnet.ClientPort, testnet.ServerPort, want)
}

// nearView is the same count for what near sent and for what it received.
func nearView(b *bench, protocol string, version int, c count) map[string]count {
	near := netip.AddrPortFrom(b.near.Address(version), testnet.ClientPort)
	far := netip.AddrPortFrom(b.far.Address(version), testnet.ServerPort)
	return map[string]count{
		fmt.Sprintf("%s %s > %s egress", protocol, near, far):  c,
		fmt.Sprintf("%s %s > %s ingress", protocol, far, near): c,
	}
}

func TestAllNamespacesOnRequest(t *testing.T) {
	b := place(t)
	p := b.start(t, "--all-namespaces", "--max-flows", "1024")
	testnet.UDP(t, b.near, b.far, 6, 3, 10)
	want := nearView(b, "udp", 6, count{3, 30})
	// The far end sees the same datagrams the other way round.
	want["udp [fd77::1]:40001 > [fd77::2]:7000 ingress"] = count{3, 30}
	want["udp [fd77::2]:7000 > [fd77::1]:40001 egress"] = count{3, 30}
	p.expectCounts(t, testnet.ClientPort, testnet.ServerPort, want)
}
