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
			first := arrivals(t, p)
			time.Sleep(span)
			last := arrivals(t, p)
			sent := stop()

			got := float64(last.packets - first.packets)
			least, most := rate*last.begun.Sub(first.ended).Seconds(), rate*last.ended.Sub(first.begun).Seconds()
			t.Logf("%v of %d packets passed, want %.0f to %.0f", got, sent, least, most)
			if got < 0.95*least || got > 1.05*most {
				t.Errorf("%v packets passed, want %.0f to %.0f", got, least, most)
			}
			if float64(sent) < 2*most {
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

// reading is how many packets the CNF had let pass to the receiver at a time between begun and ended: a busy machine
// may not let the test run for a while.
type reading struct {
	packets      uint64
	begun, ended time.Time
}

func arrivals(t *testing.T, p *process) (r reading) {
	t.Helper()
	r.begun = time.Now()
	r.packets = countedTotals(p)[totalKey{"ingress", "none"}].packets
	r.ended = time.Now()
	return r
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
