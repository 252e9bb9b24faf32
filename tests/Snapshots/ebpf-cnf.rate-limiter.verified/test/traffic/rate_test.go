// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"errors"
	"fmt"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"example.com/my-cnf/internal/testnet"
)

// As many packets arrive as the rate allows, within 5 %, from two CPUs that both send more than that: the device
// pair hands a packet over on the CPU of its sender.
func TestTotalRateIsHonouredAcrossCPUs(t *testing.T) {
	span := 5 * time.Second
	if testing.Short() {
		span = 2 * time.Second
	}
	const rate = 2000
	length := onTheHook(4, datagramSize)
	// A busy machine may not let a sender run for a while, so the burst is half a second.
	for name, flags := range map[string][]string{
		"packets, per source":    {"--rate", fmt.Sprint(rate, "pps"), "--burst", fmt.Sprint(rate / 2)},
		"packets, per interface": {"--rate", fmt.Sprint(rate, "pps"), "--burst", fmt.Sprint(rate / 2), "--per", "interface"},
		"bits, per source":       {"--rate", fmt.Sprint(rate*length*8, "bit"), "--burst", fmt.Sprint(rate * length / 2)},
	} {
		t.Run(name, func(t *testing.T) {
			b := place(t)
			p := b.start(t, append(flags, "--max-flows", "0")...)
			r := receive(t, b, 4)
			stop := sendFromCPUs(t, b, r, min(2, runtime.NumCPU()))
			// The first burst is no part of the rate.
			eventually(t, func() error { return limits(p) })
			begun, before := time.Now(), arrivals(t, p)
			time.Sleep(span)
			passed, took := arrivals(t, p)-before, time.Since(begun)
			sent := stop()

			want := rate * took.Seconds()
			t.Logf("%d of %d packets passed in %s, want %.0f: %+.2f %%", passed, sent, took, want, 100*(float64(passed)/want-1))
			if got := float64(passed); got < 0.95*want || got > 1.05*want {
				t.Errorf("%v packets passed in %s, want %.0f", got, took, want)
			}
			if float64(sent) < 2*want {
				t.Errorf("only %d packets were sent, which proves little", sent)
			}
			p.stop()
		})
	}
}

// limits is an error as long as nothing is dropped.
func limits(p *process) error {
	if countedTotals(p)[totalKey{"ingress", "rate_exceeded drop"}].packets == 0 {
		return errors.New("nothing is dropped")
	}
	return nil
}

// arrivals are the packets that the CNF let pass to the receiver.
func arrivals(t *testing.T, p *process) uint64 {
	t.Helper()
	return countedTotals(p)[totalKey{"ingress", "none"}].packets
}

// sendFromCPUs sends datagrams to the receiver as fast as it can, from one port on each CPU, until stop is
// called, which returns their number.
func sendFromCPUs(t *testing.T, b *bench, r receiver, cpus int) (stop func() uint64) {
	t.Helper()
	var sent atomic.Uint64
	var stopped atomic.Bool
	var group sync.WaitGroup
	for cpu := range cpus {
		group.Go(func() {
			err := b.far.Do(func() error {
				var set unix.CPUSet
				set.Set(cpu)
				if err := unix.SchedSetaffinity(0, &set); err != nil {
					return err
				}
				from := &net.UDPAddr{IP: b.far.IPv4.AsSlice(), Port: testnet.ClientPort + cpu}
				socket, err := net.DialUDP("udp4", from, net.UDPAddrFromAddrPort(r.address))
				if err != nil {
					return err
				}
				defer socket.Close()
				for payload := make([]byte, datagramSize); !stopped.Load(); sent.Add(1) {
					if _, err := socket.Write(payload); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Errorf("send from CPU %d: %v", cpu, err)
			}
		})
	}
	return func() uint64 {
		stopped.Store(true)
		group.Wait()
		return sent.Load()
	}
}
