// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var (
	// noSources are none of the packets' sources.
	noSources = denied(198<<24|18<<16, 0x9e3b1)
	// otherSources are every other of the first 1024 sources.
	otherSources = denied(10<<24, 2)
)

// The packets are UDP to port 53, from 10.0.0.0 on (costFrame). Flows are not recorded: --max-flows 0.
var costCases = []costCase{
	{name: "no rules", args: func(*testing.T) []string { return []string{"--max-flows", "0"} }},
	{name: "deny list of 512 addresses, none of them a source", args: withRules(denyList(noSources))},
	{
		name: "deny list of 512 addresses, every other of the first 1024 sources", args: withRules(denyList(otherSources)),
		droppedOf: func(flows uint32) float64 {
			if flows == 1 {
				return 1
			}
			return 512 / float64(max(flows, 1024))
		},
	},
	{name: "the only rule allows", args: withRules(numberedRules(1))},
	{name: "the last of 1024 rules allows", args: withRules(numberedRules(1024))},
	{name: "the last of 1024 rules allows, and the others ask for another port", args: withRules(portRules(1024))},
	{name: "connections, table of 2 million", args: func(t *testing.T) []string {
		return append(withRules("default: deny\nrules:\n  - {action: allow, protocol: udp, destination-port: 53}\n")(t), "--max-connections", "2097152")
	}},
}

// withRules are the flags of run for some rules.
func withRules(rules string) func(t *testing.T) []string {
	return func(t *testing.T) []string { return []string{"--max-flows", "0", "--rules", rulesFile(t, rules)} }
}

func rulesFile(t *testing.T, rules string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rules.yaml")
	if err := os.WriteFile(path, []byte(rules), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// denied are 512 addresses.
func denied(first, step uint32) (list []string) {
	for i := range uint32(512) {
		addr := first + i*step
		list = append(list, fmt.Sprintf("%d.%d.%d.%d", addr>>24, addr>>16&0xff, addr>>8&0xff, addr&0xff))
	}
	return list
}

func denyList(list []string) string {
	return "default: allow\nstateful: false\nrules:\n  - {action: deny, source: [" + strings.Join(list, ", ") + "]}\n"
}

// numberedRules have sources of their own; the last one matches the packets.
func numberedRules(count int) string {
	rules := "default: deny\nstateful: false\nrules:\n"
	for i := range count - 1 {
		rules += fmt.Sprintf("  - {action: deny, source: 172.%d.%d.0/24}\n", 16+i>>8, i&0xff)
	}
	return rules + "  - {action: allow, source: 10.0.0.0/8, protocol: udp, destination-port: 53}\n"
}

func portRules(count int) string {
	rules := "default: deny\nstateful: false\nrules:\n"
	for i := range count - 1 {
		rules += fmt.Sprintf("  - {action: deny, protocol: udp, destination-port: %d}\n", 1000+i)
	}
	return rules + "  - {action: allow, source: 10.0.0.0/8, protocol: udp, destination-port: 53}\n"
}
