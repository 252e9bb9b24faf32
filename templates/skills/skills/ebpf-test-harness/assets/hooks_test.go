// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"errors"
	"fmt"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"

	"example.com/my-cnf/internal/testnet"
)

// BPF_PROG_RUN does not know programs of this type: the test makes the system call that they
// hang on, and one from outside of the cgroup for comparison.
func TestRefuse(t *testing.T) {
	left, right := pair(t)
	cgroup := testnet.NewCgroup(t)
	var objects hooksObjects
	load(t, loadHooks, map[string]any{"blocked_port": uint16(blockedPort)}, &objects)
	attached, err := link.AttachCgroup(link.CgroupOptions{
		Path: cgroup.Path, Attach: ebpf.AttachCGroupInet4Connect, Program: objects.Refuse,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { attached.Close() })

	for _, test := range []struct {
		name string
		from *testnet.Namespace
		port int
		want error
	}{
		{"outside", left.Outside(), blockedPort, nil},
		{"another port", left.Within(cgroup), blockedPort + 1, nil},
		{"inside", left.Within(cgroup), blockedPort, unix.EPERM},
	} {
		conn, err := test.from.Dial("udp4", fmt.Sprintf("%s:%d", right.IPv4, test.port))
		if err == nil {
			conn.Close()
		}
		if !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", test.name, err, test.want)
		}
	}
}

// What is larger than a page lies in fragments, or is refused.
func TestLargePackets(t *testing.T) {
	var objects hooksObjects
	load(t, loadHooks, nil, &objects)
	packet := append(datagram(t, blockedPort), make([]byte, 8000)...)
	for _, program := range []*ebpf.Program{objects.Extent, objects.Observe} {
		_, err := program.Run(&ebpf.RunOptions{Data: packet})
		if program.Type() == ebpf.SchedCLS && errors.Is(err, unix.EINVAL) {
			t.Logf("%s: %v", program.Type(), err)
			continue
		}
		var length, linear uint32
		if err := errors.Join(err, objects.Length.Get(&length), objects.Linear.Get(&linear)); err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d of %d bytes are linear", program.Type(), linear, length)
		if length != uint32(len(packet)) || linear >= length {
			t.Errorf("want %d bytes, and not all of them linear", len(packet))
		}
	}
}
