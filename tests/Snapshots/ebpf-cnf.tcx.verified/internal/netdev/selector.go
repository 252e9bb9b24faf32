// SPDX-License-Identifier: Apache-2.0

// Package netdev selects network interfaces by name or pattern and follows them as
// they come, go and are renamed.
package netdev

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"golang.org/x/sys/unix"
)

// Options are the interfaces that a person names.
type Options struct {
	// Interfaces are names or, between slashes, regular expressions.
	Interfaces []string
	// Exclude has the same form and wins over Interfaces.
	Exclude []string
}

// AddFlags adds --interface and --exclude.
func (o *Options) AddFlags(flags *pflag.FlagSet) {
	flags.StringArrayVar(&o.Interfaces, "interface", nil, "`NAME|/REGEX/` of an interface, or of several with those that come later; may be repeated")
	flags.StringArrayVar(&o.Exclude, "exclude", nil, "`NAME|/REGEX/` to leave out; wins over --interface; may be repeated")
}

// Validate reports the first entry that is neither a possible name nor a pattern.
func (o *Options) Validate() error {
	_, err := newSelector(*o)
	return err
}

// Require is Validate for hooks that cannot do without an interface.
func (o *Options) Require() error {
	if len(o.Interfaces) == 0 {
		return errors.New("--interface is missing: name one, such as eth0, or several by a pattern, such as '/^eth/'")
	}
	return o.Validate()
}

// selector decides which interfaces are wanted.
type selector struct {
	include, exclude matcher
}

type matcher struct {
	names    []string
	patterns []*regexp.Regexp
}

func newSelector(o Options) (selector, error) {
	include, err := newMatcher("--interface", o.Interfaces)
	if err != nil {
		return selector{}, err
	}
	exclude, err := newMatcher("--exclude", o.Exclude)
	if err != nil {
		return selector{}, err
	}
	s := selector{include, exclude}
	for _, name := range include.names {
		if exclude.match(name) {
			return selector{}, fmt.Errorf("--interface %s is left out by --exclude: remove one of them", name)
		}
	}
	return s, nil
}

func newMatcher(flag string, entries []string) (matcher, error) {
	var m matcher
	for _, entry := range entries {
		inner, isPattern := strings.CutPrefix(entry, "/")
		if !isPattern {
			if err := validName(entry); err != nil {
				return m, fmt.Errorf("%s %q: %w", flag, entry, err)
			}
			m.names = append(m.names, entry)
			continue
		}
		inner, closed := strings.CutSuffix(inner, "/")
		if !closed || inner == "" {
			return m, fmt.Errorf("%s %q: a pattern ends with a slash and is not empty", flag, entry)
		}
		pattern, err := regexp.Compile(inner)
		if err != nil {
			return m, fmt.Errorf("%s %q: %w", flag, entry, err)
		}
		m.patterns = append(m.patterns, pattern)
	}
	return m, nil
}

// validName applies the kernel's own rules.
func validName(name string) error {
	switch {
	case name == "":
		return errors.New("an interface name is not empty")
	case len(name) >= unix.IFNAMSIZ:
		return fmt.Errorf("an interface name has at most %d characters", unix.IFNAMSIZ-1)
	case name == "." || name == ".." || strings.ContainsAny(name, "/: \t\n"):
		return errors.New("no interface can have this name; a pattern stands between slashes")
	}
	return nil
}

func (m matcher) String() string {
	entries := slices.Clone(m.names)
	for _, pattern := range m.patterns {
		entries = append(entries, "/"+pattern.String()+"/")
	}
	return strings.Join(entries, " ")
}

func (m matcher) match(name string) bool {
	return slices.Contains(m.names, name) || m.matchPattern(name)
}

func (m matcher) matchPattern(name string) bool {
	return slices.ContainsFunc(m.patterns, func(p *regexp.Regexp) bool { return p.MatchString(name) })
}

// exact tells whether the interface was asked for by its name.
func (s selector) exact(name string) bool { return slices.Contains(s.include.names, name) }

// match leaves the loopback interface to those who name it: patterns are meant for
// the network.
func (s selector) match(name string) bool {
	if s.exclude.match(name) {
		return false
	}
	return s.exact(name) || name != "lo" && s.include.matchPattern(name)
}
