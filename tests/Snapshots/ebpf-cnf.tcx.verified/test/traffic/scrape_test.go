// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"
)

// A scrape reads sums that the programs keep: however many flows there are, it takes no longer, and
// does not get in the way of packets.
func TestScrapeOfAFullTableIsQuick(t *testing.T) {
	const flows, limit = 1<<16 - 1, 5 * time.Millisecond
	b := place(t)
	p := b.start(t)
	sendFlows(t, b, flows)
	eventually(t, func() error {
		if got := p.metrics()["cnf_flow_entries"]; got < flows*9/10 {
			return fmt.Errorf("the table has %v flows, want about %d", got, flows)
		}
		return nil
	})
	var took []time.Duration
	for range 21 {
		begun := time.Now()
		p.mustGet("/metrics")
		took = append(took, time.Since(begun))
	}
	slices.Sort(took)
	t.Logf("with %d flows a scrape takes %s (median of %d; the fastest %s)", flows, took[len(took)/2], len(took), took[0])
	// The others may have had to wait for a busy machine.
	if took[0] > limit {
		t.Errorf("a scrape takes %s or more, want at most %s", took[0], limit)
	}
	p.stop()
}

// sendFlows sends a datagram to every port, in a direction that the hook sees.
func sendFlows(t *testing.T, b *bench, flows int) {
	t.Helper()
	sender, receiver := b.near, b.far
	if !slices.Contains(directions, "egress") {
		sender, receiver = b.far, b.near
	}
	err := sender.Do(func() error {
		socket, err := net.ListenUDP("udp4", nil)
		if err != nil {
			return err
		}
		defer socket.Close()
		for port := 1; port <= flows; port++ {
			if _, err := socket.WriteToUDPAddrPort([]byte("flow"), netip.AddrPortFrom(receiver.IPv4, uint16(port))); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatalf("send %d datagrams: %v", flows, err)
	}
}
