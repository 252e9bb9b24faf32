// SPDX-License-Identifier: Apache-2.0

package limit

import (
	"fmt"
	"strings"
)

// Per is what has a bucket of its own.
type Per string

const (
	PerSource    Per = "source"
	PerFlow      Per = "flow"
	PerInterface Per = "interface"
)

// Set reads one of the three.
func (p *Per) Set(text string) error {
	switch per := Per(text); per {
	case PerSource, PerFlow, PerInterface:
		*p = per
		return nil
	}
	return fmt.Errorf("want %s", p.Type())
}

func (p Per) String() string { return string(p) }

// Type lists the choices.
func (Per) Type() string {
	return strings.Join([]string{string(PerSource), string(PerFlow), string(PerInterface)}, "|")
}

// Limit is what a person asks for.
type Limit struct {
	Rate  Rate
	Burst Burst
	Per   Per
	// IPv4Prefix and IPv6Prefix are the lengths of the part of an address that makes a source.
	IPv4Prefix, IPv6Prefix uint8
}

// Default is no limit, and what a limit is unless it says otherwise.
func Default() Limit { return Limit{Per: PerSource, IPv4Prefix: 32, IPv6Prefix: 64} }

// Validate reports the first option that cannot work.
func (l Limit) Validate() error {
	if l.IPv4Prefix > 32 {
		return fmt.Errorf("--ipv4-prefix %d: want 0 to 32", l.IPv4Prefix)
	}
	if l.IPv6Prefix > 128 {
		return fmt.Errorf("--ipv6-prefix %d: want 0 to 128", l.IPv6Prefix)
	}
	if l.Rate.PerSecond == 0 && l.Burst > 0 {
		return fmt.Errorf("--burst %s needs --rate", l.Burst)
	}
	return nil
}

// Tokens is the burst in force. A bucket gets its tokens tick by tick, so it must hold what comes with one, and
// with the next one in case that it is late. Unless a burst was asked for, it is a tenth of a second.
func (l Limit) Tokens(speed Speed) uint64 {
	if l.Rate.PerSecond == 0 {
		return 0
	}
	burst := uint64(l.Burst)
	if burst == 0 {
		burst = l.Rate.perSecond() / 10
	}
	return max(burst, 2*(speed.Step+1))
}

// perSecond is in tokens.
func (r Rate) perSecond() uint64 {
	if r.Bits {
		return r.PerSecond / 8
	}
	return r.PerSecond
}
