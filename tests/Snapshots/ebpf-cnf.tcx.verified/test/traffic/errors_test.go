// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"example.com/my-cnf/internal/testnet"
)

// expectRefusal wants exit code 1 and one sentence on stderr that has all the words.
func expectRefusal(t *testing.T, p *process, words ...string) {
	t.Helper()
	code := p.wait()
	lines := strings.Split(strings.TrimSpace(p.log()), "\n")
	last := lines[len(lines)-1]
	if code != 1 {
		t.Errorf("exit code %d, want 1:\n%s", code, p.log())
	}
	for _, word := range words {
		if !strings.Contains(last, word) {
			t.Errorf("the last line does not say %q:\n%s", word, p.log())
		}
	}
}

func TestNoPrivilegeIsRefused(t *testing.T) {
	b := place(t)
	p := b.launch(t, identity{uid: 65532})
	expectRefusal(t, p, "not permitted", "cap_bpf", "setcap")
	expectAttached(t, b, 0)
}

// The capabilities that README.md and `doctor` name must be enough, for a user who has
// nothing else.
func TestRunsWithTheNamedCapabilitiesOnly(t *testing.T) {
	b := place(t)
	p := b.launch(t, identity{uid: 65532, capabilities: capabilities})
	p.awaitReady()
	expectRoomInTheVerifier(t, 65532)
	testnet.UDP(t, b.near, b.far, 4, 5, 100)
	expectUDP(t, b, p.flows, 5)
	p.stop()
	expectAttached(t, b, 0)
}

func TestPortInUseIsRefused(t *testing.T) {
	b := place(t)
	err := b.inside().Do(func() error {
		listener, err := net.Listen("tcp4", listenAddress)
		if err == nil {
			t.Cleanup(func() { listener.Close() })
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	expectRefusal(t, b.launch(t, identity{}), listenAddress, "in use", "--listen")
	expectAttached(t, b, 0)
}

func TestSecondInstanceIsRefused(t *testing.T) {
	b := place(t)
	pin := bpffs(t)
	first := b.start(t, "--pin", pin)
	second := b.launch(t, identity{}, "--pin", pin, "--listen", "127.0.0.1:9465")
	expectRefusal(t, second, "another instance", pin, "--pin")

	// The first one is none the worse for it.
	testnet.UDP(t, b.near, b.far, 4, 5, 100)
	expectUDP(t, b, first.flows, 5)
	first.stop()
	expectAttached(t, b, 0)
}

func TestPinOutsideOfBPFFileSystemIsRefused(t *testing.T) {
	b := place(t)
	expectRefusal(t, b.launch(t, identity{}, "--pin", t.TempDir()+"/pins"), "BPF file system", "mount")
	expectAttached(t, b, 0)
}

func TestWrongOptionsAreRefused(t *testing.T) {
	b := place(t)
	for _, c := range []struct{ flag, value, want string }{
		{"--max-flows", "16777217", "--max-flows"},
		{"--on-exit", "keep", "--pin"},
		{"--on-exit", "stay", "detach"},
		{"--pin", "relative", "absolute"},
		{"--log-level", "loud", "log-level"},
	} {
		t.Run(fmt.Sprint(c.flag, " ", c.value), func(t *testing.T) {
			expectRefusal(t, b.launch(t, identity{}, c.flag, c.value), c.want)
		})
	}
	expectAttached(t, b, 0)
}

func TestDoctorFindsThisMachineFit(t *testing.T) {
	b := place(t)
	if code, stdout, stderr := finish(t, b.inside(), "doctor"); code != 0 {
		t.Errorf("exit code %d, although the other tests pass here:\n%s%s", code, stdout, stderr)
	}
}

func TestVersionNamesTheHook(t *testing.T) {
	code, stdout, _ := finish(t, testnet.New(t), "version")
	if code != 0 || !strings.Contains(stdout, hookName) {
		t.Errorf("exit code %d: %q", code, stdout)
	}
}
