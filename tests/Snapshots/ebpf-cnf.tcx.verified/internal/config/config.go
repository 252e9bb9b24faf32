// SPDX-License-Identifier: Apache-2.0

// Package config gives flags their values: from the command line, or else from the environment, or
// else from a YAML file whose keys are the names of the flags.
package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// EnvPrefix begins the name of every variable: --max-flows is CNF_MAX_FLOWS.
const EnvPrefix = "CNF_"

// commandLineOnly are flags that say what to do, not how.
var commandLineOnly = []string{"help", "check", "config"}

// EnvName returns the variable that stands for a flag.
func EnvName(flag string) string {
	return EnvPrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// Given are the flags of a command line, with their values.
type Given map[string][]string

// Take remembers the flags that were given, before Apply sets others.
func Take(flags *pflag.FlagSet) Given {
	given := Given{}
	flags.Visit(func(f *pflag.Flag) { given[f.Name] = values(f) })
	return given
}

// Replay sets the flags of another set to the same values.
func (g Given) Replay(flags *pflag.FlagSet) error {
	for name, list := range g {
		if err := set(flags, name, list); err != nil {
			return fmt.Errorf("--%s: %w", name, err)
		}
	}
	return nil
}

// Apply sets the flags that were not given. file may be empty; lookup is os.LookupEnv.
func Apply(flags *pflag.FlagSet, given Given, file string, lookup func(string) (string, bool)) error {
	entries, err := readFile(flags, file)
	if err != nil {
		return err
	}
	var first error
	flags.VisitAll(func(f *pflag.Flag) {
		if _, ok := given[f.Name]; ok || first != nil || slices.Contains(commandLineOnly, f.Name) {
			return
		}
		if value, ok := lookup(EnvName(f.Name)); ok {
			if err := set(flags, f.Name, fromEnv(f, value)); err != nil {
				first = fmt.Errorf("%s: %w", EnvName(f.Name), err)
			}
			return
		}
		if e, ok := entries[f.Name]; ok {
			if err := set(flags, f.Name, e.values); err != nil {
				first = fmt.Errorf("%s:%d: %s: %w", file, e.line, f.Name, err)
			}
		}
	})
	return first
}

// fromEnv separates the values of a list by spaces: names of interfaces have none, and patterns
// can do without.
func fromEnv(f *pflag.Flag, value string) []string {
	if _, ok := f.Value.(pflag.SliceValue); ok {
		return strings.Fields(value)
	}
	return []string{value}
}

func values(f *pflag.Flag) []string {
	if list, ok := f.Value.(pflag.SliceValue); ok {
		return list.GetSlice()
	}
	return []string{f.Value.String()}
}

func set(flags *pflag.FlagSet, name string, list []string) error {
	f := flags.Lookup(name)
	if f == nil {
		return errors.New("no such flag")
	}
	if slice, ok := f.Value.(pflag.SliceValue); ok {
		f.Changed = true
		return slice.Replace(list)
	}
	if len(list) != 1 {
		return errors.New("want one value, not a list")
	}
	f.Changed = true
	return f.Value.Set(list[0])
}

// Differences returns the names of flags whose values differ.
func Differences(a, b *pflag.FlagSet) []string {
	var names []string
	a.VisitAll(func(f *pflag.Flag) {
		if other := b.Lookup(f.Name); other != nil && !slices.Equal(values(f), values(other)) {
			names = append(names, f.Name)
		}
	})
	return names
}
