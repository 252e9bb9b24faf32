// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"encoding/binary"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/cilium/ebpf"
)

// A scrape reads sums that the programs keep: however many flows there are, it takes no longer, and
// does not get in the way of packets.
func TestScrapeOfAFullTableIsQuick(t *testing.T) {
	const flows, limit = 1 << 16, 5 * time.Millisecond
	b := place(t)
	pin := bpffs(t)
	p := b.start(t, "--pin", pin)
	fillTable(t, pin, flows)
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
	median := took[len(took)/2]
	t.Logf("with %d flows a scrape takes %s (median of %d; the slowest %s)", flows, median, len(took), took[len(took)-1])
	if median > limit {
		t.Errorf("a scrape takes %s, want at most %s", median, limit)
	}
	p.stop()
}

// fillTable writes flows with different keys into the pinned flow table.
func fillTable(t *testing.T, pin string, flows int) {
	t.Helper()
	table, err := ebpf.LoadPinnedMap(filepath.Join(pin, "maps", "flows"), nil)
	if err != nil {
		t.Fatalf("open pinned flow table: %v", err)
	}
	defer table.Close()
	key, value := make([]byte, table.KeySize()), make([]byte, table.ValueSize())
	for i := range flows {
		binary.BigEndian.PutUint32(key, uint32(i))
		if err := table.Put(key, value); err != nil {
			t.Fatalf("put flow %d: %v", i, err)
		}
	}
}
