// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"errors"
	"maps"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"github.com/cilium/ebpf/ringbuf"
	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"golang.org/x/sys/unix"

	deferbeforeparallel "example.com/my-cnf/internal/ebpf-test-harness/pitfalls/defer-before-parallel"
	endlessread "example.com/my-cnf/internal/ebpf-test-harness/pitfalls/endless-read"
	notrunnable "example.com/my-cnf/internal/ebpf-test-harness/pitfalls/not-runnable"
	paddedfixture "example.com/my-cnf/internal/ebpf-test-harness/pitfalls/padded-fixture"
	refusedpackets "example.com/my-cnf/internal/ebpf-test-harness/pitfalls/refused-packets"
	repeatedcount "example.com/my-cnf/internal/ebpf-test-harness/pitfalls/repeated-count"
	samepacket "example.com/my-cnf/internal/ebpf-test-harness/pitfalls/same-packet"
	signedverdict "example.com/my-cnf/internal/ebpf-test-harness/pitfalls/signed-verdict"
	skipeverything "example.com/my-cnf/internal/ebpf-test-harness/pitfalls/skip-everything"
	syscalltime "example.com/my-cnf/internal/ebpf-test-harness/pitfalls/syscall-time"
)

func TestEndlessRead(t *testing.T) {
	g := loadNew(t)
	run(t, g.Guard, datagram(t, blockedPort))
	type result struct {
		events [][]byte
		err    error
	}
	read := make(chan result, 1)
	go func() {
		events, err := endlessread.Events(g.events)
		read <- result{events, err}
	}()
	select {
	case got := <-read:
		t.Fatalf("came back with %d events and %v", len(got.events), got.err)
	case <-time.After(300 * time.Millisecond):
		t.Log("still waiting for a second event")
	}
	g.events.Close()
	if got := <-read; len(got.events) != 1 || !errors.Is(got.err, ringbuf.ErrClosed) {
		t.Errorf("read %d events, then %v", len(got.events), got.err)
	}

	right := loadNew(t)
	run(t, right.Guard, datagram(t, blockedPort))
	if events := right.reported(t); len(events) != 1 {
		t.Errorf("the right code read %v", events)
	}
}

// The signal is the one that the Go runtime sends to threads that run for too long.
func TestRepeatedCount(t *testing.T) {
	g, packet := loadNew(t), datagram(t, blockedPort+1)
	asked := repetitionsOf(t, g, packet, 400*time.Millisecond)
	before := g.counted(t)[pass]
	thread, sent := make(chan int), make(chan error)
	go func() {
		onThread(thread)
		sent <- repeatedcount.Send(g.Guard, packet, asked)
	}()
	id := <-thread
	for range 3 {
		time.Sleep(50 * time.Millisecond)
		if err := unix.Tgkill(os.Getpid(), id, unix.SIGURG); err != nil {
			t.Fatal(err)
		}
	}
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	if counted := g.counted(t)[pass] - before; counted <= uint64(asked) {
		t.Errorf("counted %d packets of %d", counted, asked)
	} else {
		t.Log("more packets were counted than were asked for")
	}

	before = g.counted(t)[pass]
	const exact = 1000
	go func() {
		onThread(thread)
		sent <- sendSingly(g.Guard, packet, exact)
	}()
	id = <-thread
	for range 20 {
		// The thread may have ended.
		unix.Tgkill(os.Getpid(), id, unix.SIGURG)
	}
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	if counted := g.counted(t)[pass] - before; counted != exact {
		t.Errorf("the right code counted %d packets of %d", counted, exact)
	}
}

func sendSingly(program *ebpf.Program, packet []byte, count int) error {
	for range count {
		if _, err := program.Run(&ebpf.RunOptions{Data: packet, Repeat: 1}); err != nil {
			return err
		}
	}
	return nil
}

// repetitionsOf tells how many take about so long here.
func repetitionsOf(t *testing.T, g *guard, packet []byte, long time.Duration) int {
	t.Helper()
	const some = 20_000
	_, each, err := g.Guard.Benchmark(packet, some, func() {})
	if err != nil {
		t.Fatal(err)
	}
	return max(some, int(long/max(each, 1)))
}

func TestSamePacket(t *testing.T) {
	const repeat = 10_000
	m := newMeter(t, repeat)
	if _, err := samepacket.Cost(m.Forward, m.packet, repeat); err != nil {
		t.Fatal(err)
	}
	var forwarded, expired uint64
	get(t, m.Forwarded, &forwarded)
	get(t, m.Expired, &expired)
	if expired <= forwarded {
		t.Errorf("forwarded %d packets, and %d had expired", forwarded, expired)
	} else {
		t.Log("most repetitions got a packet that had expired")
	}

	if _, err := samepacket.Cost(m.CountSource, m.packet, repeat); err != nil {
		t.Fatal(err)
	}
	if sources, _ := m.entries(t); sources != 1 {
		t.Errorf("touched %d entries", sources)
	} else {
		t.Logf("%d repetitions touched 1 entry of the table", repeat)
	}

	m.set(t, 1<<10)
	m.round(t, m.CountSource, drop)
	if sources, _ := m.entries(t); sources != 1+1<<10 {
		t.Errorf("the right code touched %d entries", sources-1)
	}
}

func TestSyscallTime(t *testing.T) {
	const repeat = 10_000
	m := newMeter(t, repeat)
	wrong, err := syscalltime.Cost(m.Nothing, m.packet, repeat)
	if err != nil {
		t.Fatal(err)
	}
	if right := m.round(t, m.Nothing, drop); wrong < 2*right {
		t.Errorf("%s and %s for a program that does nothing", wrong, right)
	} else {
		t.Logf("%s and %s for a program that does nothing: most of it is the system call", wrong, right)
	}
}

func TestRefusedPackets(t *testing.T) {
	g, packet := loadNew(t), datagram(t, blockedPort)[:42]
	verdicts := refusedpackets.Verdicts(g.Guard, packet)
	ran := uint64(0)
	for _, packets := range g.counted(t) {
		ran += packets
	}
	t.Logf("%d of %d packets never reached the program", len(verdicts)-int(ran), len(verdicts))
	for size, verdict := range verdicts {
		if refused := size < 14; refused != (verdict == 0) {
			t.Errorf("%d bytes: verdict %d", size, verdict)
		}
	}

	for size := range 14 {
		_, err := g.Guard.Run(&ebpf.RunOptions{Data: packet[:size]})
		if !errors.Is(err, unix.EINVAL) {
			t.Errorf("%d bytes: %v, want %v", size, err, unix.EINVAL)
		}
	}
}

func TestNotRunnable(t *testing.T) {
	var objects hooksObjects
	load(t, loadHooks, nil, &objects)
	if _, err := notrunnable.Verdict(objects.Refuse, datagram(t, blockedPort)); !errors.Is(err, ebpf.ErrNotSupported) {
		t.Errorf("got %v", err)
	} else {
		t.Log(err)
	}
}

func TestSignedVerdict(t *testing.T) {
	var objects hooksObjects
	load(t, loadHooks, nil, &objects)
	verdict := run(t, objects.Observe, datagram(t, blockedPort))
	if err := signedverdict.Next(verdict); err == nil {
		t.Error("the numbers are equal")
	} else {
		t.Log(err)
	}
	if verdict != unspec {
		t.Errorf("verdict %d, want %d", verdict, uint32(unspec))
	}
}

// skipped keeps a test from being skipped.
type skipped struct {
	testing.TB
	reason []any
}

func (s *skipped) Skip(reason ...any) { s.reason = reason }

func (s *skipped) Cleanup(func()) {}

func TestSkipEverything(t *testing.T) {
	left, right := pair(t)
	g := loadNew(t)
	recorder := &skipped{TB: t}
	missing := left.Link(t, left.Name).Attrs().Index + 1000
	skipeverything.Attach(recorder, func() (attached link.Link, err error) {
		err = left.Do(func() (err error) {
			attached, err = link.AttachXDP(link.XDPOptions{Program: g.Guard, Interface: missing, Flags: link.XDPGenericMode})
			return err
		})
		return attached, err
	})
	if recorder.reason == nil {
		t.Fatal("attached to a device that is not there")
	}
	attach(t, right, g.Guard)
	t.Log("skipped on a kernel that has the feature:", recorder.reason[1])
}

func TestDeferBeforeParallel(t *testing.T) {
	packets := map[string][]byte{"UDP": datagram(t, blockedPort), "TCP": segment(t, blockedPort)}
	var lock sync.Mutex
	var failures []error
	check := func(_ uint32, err error) {
		lock.Lock()
		defer lock.Unlock()
		failures = append(failures, err)
	}
	// It returns when its parallel subtests have ended.
	t.Run("wrong", func(t *testing.T) { deferbeforeparallel.Each(t, loadNew(t).Guard, packets, check) })
	if len(failures) != len(packets) {
		t.Fatalf("%d subtests ran, want %d", len(failures), len(packets))
	}
	for _, err := range failures {
		if !errors.Is(err, unix.EBADF) {
			t.Errorf("got %v", err)
		} else {
			t.Log(err)
		}
	}

	t.Run("right", func(t *testing.T) {
		g := loadNew(t)
		for name, packet := range packets {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				run(t, g.Guard, packet)
			})
		}
	})
}

func TestPaddedFixture(t *testing.T) {
	g := loadNew(t)
	ethernet := &layers.Ethernet{SrcMAC: clientMAC, DstMAC: serverMAC, EthernetType: layers.EthernetTypeIPv4}
	ports := gopacket.Payload(datagram(t, blockedPort)[34:38])
	wrong, err := paddedfixture.Build(ethernet, ipv4(layers.IPProtocolUDP), ports)
	if err != nil {
		t.Fatal(err)
	}
	right := frame(t, ipv4(layers.IPProtocolUDP), ports)
	if !slices.Equal(wrong[:len(right)], right) {
		t.Errorf("the packets differ in more than padding:\n%x\n%x", wrong, right)
	}
	t.Logf("the packet has %d bytes, want %d", len(wrong), len(right))

	// A header that is cut off, and one that is all there.
	if got := []uint32{run(t, g.Guard, right), run(t, g.Guard, wrong)}; !slices.Equal(got, []uint32{pass, drop}) {
		t.Errorf("verdicts %v", got)
	}
	if got, want := g.counted(t), map[uint32]uint64{pass: 1, drop: 1}; !maps.Equal(got, want) {
		t.Errorf("counted %v, want %v", got, want)
	}
}
