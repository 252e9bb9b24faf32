// SPDX-License-Identifier: Apache-2.0

package limit

import (
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

func TestRates(t *testing.T) {
	for text, want := range map[string]Rate{
		"0":        {},
		"":         {},
		"1pps":     {1, false},
		"1000pps":  {1000, false},
		"20Kpps":   {20_000, false},
		"2mpps":    {2_000_000, false},
		"500gpps":  {LargestRate, false},
		"8bit":     {8, true},
		"64kbit":   {64_000, true},
		"10mbit":   {10_000_000, true},
		"100gbit":  {100_000_000_000, true},
		"1001kbit": {1_001_000, true},
	} {
		var got Rate
		if err := got.Set(text); err != nil || got != want {
			t.Errorf("%q: got %+v, %v, want %+v", text, got, err, want)
		}
		var again Rate
		if err := again.Set(got.String()); err != nil || again != got {
			t.Errorf("%q: %q is read as %+v, %v", text, got, again, err)
		}
	}
	for text, want := range map[string]string{
		"1000":                     "want packets per second",
		"10mb":                     "want packets per second",
		"fastpps":                  "not a whole number",
		"1.5mbit":                  "not a whole number",
		"-1pps":                    "not a whole number",
		"7bit":                     "8bit",
		"0pps":                     "1pps",
		"501gbit":                  "500gbit",
		"18446744073709551615gbit": "too large",
	} {
		rate := Rate{1, true}
		if err := rate.Set(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
		if rate != (Rate{1, true}) {
			t.Errorf("%q is wrong and changed the rate to %+v", text, rate)
		}
	}
}

func TestBursts(t *testing.T) {
	for text, want := range map[string]Burst{"0": 0, "500": 500, "64k": 64_000, "2M": 2_000_000, "1000g": LargestBurst} {
		var got Burst
		if err := got.Set(text); err != nil || got != want {
			t.Errorf("%q: got %d, %v, want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "k", "many", "-1", "1001g", "64kb", "18446744073709551616"} {
		burst := Burst(7)
		if err := burst.Set(text); err == nil || burst != 7 {
			t.Errorf("%q: got %d, %v", text, burst, err)
		}
	}
}

func TestWrongOptionsAreNamed(t *testing.T) {
	for want, change := range map[string]func(*Limit){
		"--ipv4-prefix 33":  func(l *Limit) { l.IPv4Prefix = 33 },
		"--ipv6-prefix 129": func(l *Limit) { l.IPv6Prefix = 129 },
		"--burst 5 needs":   func(l *Limit) { l.Burst = 5 },
	} {
		l := Default()
		change(&l)
		if err := l.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	if err := Default().Validate(); err != nil {
		t.Error(err)
	}
	var per Per
	if err := per.Set("host"); err == nil || !strings.Contains(err.Error(), "source|flow|interface") {
		t.Errorf("got %v", err)
	}
}

// ticks are those of kernels with 100, 250, 300 and 1000 of them a second.
var ticks = []time.Duration{10 * time.Millisecond, 4 * time.Millisecond, 3_333_333, time.Millisecond}

// After any time the clock has counted what the rate gives in that time, to a token and to 1 in 10,000.
func TestClockKeepsTheRate(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 100_000 {
		rate := Rate{8 + random.Uint64N(1<<random.IntN(39)), random.IntN(2) == 0}
		tick := ticks[random.IntN(len(ticks))]
		elapsed := random.Uint64N(1 << random.IntN(34))
		clock := Clock{Since: 1<<32 - 75_000, Start: random.Uint64() / 4, Speed: rate.Speed(tick)}

		got := new(big.Int).SetUint64(clock.Read(clock.Since+elapsed) - clock.Start)
		want := new(big.Int).SetUint64(rate.PerSecond)
		want.Mul(want, new(big.Int).SetUint64(elapsed)).Mul(want, big.NewInt(int64(tick))).Div(want, big.NewInt(int64(time.Second)))
		if rate.Bits {
			want.Div(want, big.NewInt(8))
		}
		if !want.IsUint64() || want.Uint64() > 1<<62 {
			continue
		}
		tolerance := want.Uint64()/10_000 + 1
		if difference := got.Int64() - want.Int64(); uint64(max(difference, -difference)) > tolerance {
			t.Fatalf("%s, %d ticks of %s: the clock counts %d tokens, want %d", rate, elapsed, tick, got, want)
		}
	}
}

// A bucket gets its tokens once a tick, so it must not be smaller than that.
func TestBurstCoversATick(t *testing.T) {
	for _, tick := range ticks {
		for _, c := range []struct {
			rate string
			ask  Burst
			want uint64
		}{
			{"1000pps", 0, 100}, {"1000pps", 500, 500}, {"80mbit", 0, 1_000_000}, {"80mbit", 900_000, 900_000},
			{"1pps", 0, 2}, {"1pps", 1, 2}, {"1mpps", 1, 2 * (uint64(time.Second/time.Microsecond)*uint64(tick)/uint64(time.Second) + 1)},
			{"0", 0, 0},
		} {
			l := Default()
			if err := l.Rate.Set(c.rate); err != nil {
				t.Fatal(err)
			}
			l.Burst = c.ask
			if got := l.Tokens(l.Rate.Speed(tick)); got != c.want {
				t.Errorf("%s, burst %d, tick %s: got %d tokens, want %d", c.rate, c.ask, tick, got, c.want)
			}
		}
	}
}
