// SPDX-License-Identifier: Apache-2.0

package firewall

import (
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"testing"
)

const sample = `# a server
default: deny
rules:
  - name: ssh
    action: allow
    direction: ingress
    protocol: tcp
    source: [192.0.2.0/24, 2001:db8::/32]
    destination: 198.51.100.7
    source-port: 1024-65535
    destination-port: [22, 8000-8999]
  - action: allow
    protocol: icmp
    icmp-type: [echo-request, 3/4]
  - {name: rest of datagrams, action: allow, fragments: true}
`

func TestParse(t *testing.T) {
	policy, err := Parse("rules.yaml", []byte(sample))
	if err != nil {
		t.Fatal(err)
	}
	prefixes := func(list ...string) (prefixes []netip.Prefix) {
		for _, text := range list {
			prefixes = append(prefixes, netip.MustParsePrefix(text))
		}
		return prefixes
	}
	want := &Policy{Default: Deny, Stateful: true, Rules: []Rule{
		{
			Name: "ssh", Action: Allow, Directions: []Direction{Ingress}, Protocols: []uint8{6},
			Sources: prefixes("192.0.2.0/24", "2001:db8::/32"), Destinations: prefixes("198.51.100.7/32"),
			SourcePorts: []PortRange{{1024, 65535}}, DestinationPorts: []PortRange{{22, 22}, {8000, 8999}},
		},
		{Action: Allow, Protocols: []uint8{1}, ICMPTypes: []PortRange{{0x800, 0x8ff}, {0x304, 0x304}}},
		{Name: "rest of datagrams", Action: Allow, Fragments: true},
	}}
	if !reflect.DeepEqual(policy, want) {
		t.Errorf("got  %+v\nwant %+v", policy, want)
	}
	if policy.Label(0) != "ssh" || policy.Label(1) != "2" {
		t.Errorf("labels are %s and %s", policy.Label(0), policy.Label(1))
	}
}

func TestErrorsNameLineAndReason(t *testing.T) {
	rule := func(line string) string { return "default: deny\nrules:\n  - action: allow\n    " + line + "\n" }
	many := strings.Builder{}
	many.WriteString("default: deny\nrules:\n")
	for range MaxRules + 1 {
		many.WriteString("  - action: allow\n")
	}
	for content, want := range map[string]string{
		"":                                 "want keys and values",
		"- allow\n":                        "want keys and values",
		"rules: []\n":                      "default is missing",
		"default: drop\n":                  `rules.yaml:1: "drop" is no action`,
		"default: deny\nrule: []\n":        "rules.yaml:2: unknown key rule",
		"default: deny\nstateful: maybe\n": "rules.yaml:2: want true or false",
		"default: deny\nrules: allow\n":    "rules.yaml:2: rules: want a list",
		"default: deny\ndefault: allow\n":  "already defined",
		"default: [\n":                     "parse rules.yaml",
		"default: deny\nrules:\n  - name: a\n    protocol: tcp\n":                             "rules.yaml:3: action is missing",
		"default: deny\nrules:\n  - {name: a, action: deny}\n\n  - {name: a, action: deny}\n": "rules.yaml:5: name a is there twice",
		many.String():                                                        fmt.Sprintf("rules.yaml:%d: there are %d rules", MaxRules+3, MaxRules+1),
		rule("destination: 192.0.2.1/24"):                                    "rules.yaml:4: 192.0.2.1/24 has bits behind the prefix: want 192.0.2.0/24",
		rule("source: [192.0.2.1, example.com]"):                             `rules.yaml:4: "example.com" is no address`,
		rule("source: []"):                                                   "rules.yaml:4: the list is empty",
		rule("source:"):                                                      "rules.yaml:4: want a value",
		rule("sources: 192.0.2.1"):                                           "rules.yaml:4: unknown key sources",
		rule("direction: in"):                                                `rules.yaml:4: "in" is no direction`,
		rule("protocol: http"):                                               `rules.yaml:4: "http" is no protocol`,
		rule("protocol: 256"):                                                `"256" is no protocol`,
		rule("destination-port: 80"):                                         "rules.yaml:3: ports need protocol",
		rule("protocol: icmp\n    source-port: 80"):                          "ports need protocol",
		rule("protocol: tcp\n    source-port: 90-80"):                        `rules.yaml:5: "90-80" is no port`,
		rule("protocol: tcp\n    destination-port: 65536"):                   `rules.yaml:5: "65536" is no port`,
		rule("icmp-type: echo-request"):                                      "rules.yaml:4: icmp-type needs protocol",
		rule("icmp-type: ping\n    protocol: icmp"):                          `rules.yaml:4: "ping" is no type`,
		rule("protocol: icmpv6\n    icmp-type: 1/300"):                       `rules.yaml:5: "300" is no code`,
		rule("fragments: 1"):                                                 "rules.yaml:4: want true or false",
		rule("source: 192.0.2.1\n    destination: 2001:db8::1"):              "different IP versions",
		rule("protocol: tcp\n    destination-port: 80\n    fragments: true"): "fragments other than the first",
		"default: deny\nrules:\n  - {action: deny, source: [2001:db8::1]}\n": "rules.yaml:3: want a value, not keys and values; within braces, an IPv6 address needs quotes",
		rule("name: established"):                                            `rules.yaml:4: "established" cannot be`,
		rule("name: 7"):                                                      `"7" cannot be`,
	} {
		_, err := Parse("rules.yaml", []byte(content))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", content, err, want)
		}
	}
}

func TestExplain(t *testing.T) {
	policy, err := Parse("rules.yaml", []byte(sample))
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"ingress tcp 192.0.2.9:5000 198.51.100.7:22":       "allow, by rule 1, ssh",
		"egress tcp 192.0.2.9:5000 198.51.100.7:22":        "deny, by default",
		"ingress tcp 192.0.2.9:1000 198.51.100.7:22":       "deny, by default",
		"ingress tcp 192.0.2.9:5000 198.51.100.7:9000":     "deny, by default",
		"ingress tcp 192.0.2.9 198.51.100.7 fragment":      "allow, by rule 3, rest of datagrams",
		"ingress icmp 192.0.2.9 198.51.100.7 8":            "allow, by rule 2",
		"ingress icmp 192.0.2.9 198.51.100.7 3/4":          "allow, by rule 2",
		"ingress icmp 192.0.2.9 198.51.100.7 3/3":          "deny, by default",
		"egress icmpv6 [2001:db8::1] 2001:db8::2 redirect": "deny, by default",
		"egress 47 192.0.2.9 198.51.100.7":                 "deny, by default",
	} {
		packet, err := ParsePacket(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
		} else if got := policy.Explain(packet); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]string{
		"ingress tcp 192.0.2.9":                    "want direction",
		"up tcp 192.0.2.9:1 192.0.2.8:2":           "no direction",
		"ingress ip 192.0.2.9:1 192.0.2.8:2":       "no protocol",
		"ingress tcp 192.0.2.9 192.0.2.8:2":        "no address with a port",
		"ingress tcp 192.0.2.9:1 192.0.2.8:2 echo": "want fragment or nothing",
		"ingress icmp 192.0.2.9 192.0.2.8":         "the type is missing",
		"ingress icmp 192.0.2.9 192.0.2.8 ping":    "no type",
		"ingress 47 192.0.2.9 somewhere":           "no address",
		"ingress tcp 192.0.2.9:1 [2001:db8::1]:2":  "different IP versions",
	} {
		if _, err := ParsePacket(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
}

func TestWarnings(t *testing.T) {
	for content, want := range map[string]int{
		"default: allow\n": 0,
		"default: deny\n":  2,
		"default: deny\nrules:\n  - {action: allow, protocol: icmpv6}\n":             0,
		"default: allow\nrules:\n  - {action: allow}\n  - {action: deny}\n":          1,
		"default: allow\nrules:\n  - {action: deny}\n  - {name: a, action: allow}\n": 3,
	} {
		policy, err := Parse("rules.yaml", []byte(content))
		if err != nil {
			t.Fatal(err)
		}
		if got := policy.Warnings(); len(got) != want {
			t.Errorf("%q: got %q, want %d", content, got, want)
		}
	}
}
