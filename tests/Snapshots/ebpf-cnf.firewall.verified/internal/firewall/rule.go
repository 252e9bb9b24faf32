// SPDX-License-Identifier: Apache-2.0

package firewall

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"

	"github.com/goccy/go-yaml/ast"
)

func parseRule(node ast.Node) (Rule, error) {
	var (
		rule      Rule
		hasAction bool
		types     ast.Node
	)
	err := eachPair(node, func(key string, value ast.Node) (err error) {
		switch key {
		case "name":
			rule.Name, err = one(value, parseName)
		case "action":
			hasAction = true
			rule.Action, err = one(value, parseAction)
		case "direction":
			rule.Directions, err = list(value, parseDirection)
		case "protocol":
			rule.Protocols, err = list(value, parseProtocol)
		case "source":
			rule.Sources, err = list(value, parsePrefix)
		case "destination":
			rule.Destinations, err = list(value, parsePrefix)
		case "source-port":
			rule.SourcePorts, err = list(value, parsePorts)
		case "destination-port":
			rule.DestinationPorts, err = list(value, parsePorts)
		case "icmp-type":
			types = value
		case "fragments":
			rule.Fragments, err = truth(value)
		default:
			return fmt.Errorf("unknown key %s: want name, action, direction, protocol, source, destination, source-port, destination-port, icmp-type or fragments", key)
		}
		return err
	})
	if err != nil {
		return Rule{}, err
	}
	if !hasAction {
		return Rule{}, errors.New("action is missing: want allow or deny")
	}
	if types != nil {
		// What a type is called depends on the protocol, which may be given after it.
		if rule.ICMPTypes, err = parseICMPTypes(rule.Protocols, types); err != nil {
			return Rule{}, err
		}
	}
	return rule, rule.check()
}

// parseName keeps names apart from the numbers of rules without one, and from what is counted beside rules.
func parseName(text string) (string, error) {
	if _, err := strconv.Atoi(text); err == nil || text == "" || text == LabelDefault || text == LabelEstablished {
		return "", fmt.Errorf("%q cannot be a rule's name: metrics use it for something else", text)
	}
	return text, nil
}

func parseICMPTypes(protocols []uint8, node ast.Node) ([]PortRange, error) {
	if len(protocols) != 1 || protocols[0] != icmp && protocols[0] != icmpv6 {
		return nil, badf(node, "icmp-type needs protocol: icmp or protocol: icmpv6")
	}
	return list(node, func(text string) (PortRange, error) { return parseICMPType(protocols[0], text) })
}

// check refuses rules that could never match, for they are not what somebody wanted to say.
func (r *Rule) check() error {
	if len(r.SourcePorts)+len(r.DestinationPorts) > 0 {
		if len(r.Protocols) == 0 || slices.ContainsFunc(r.Protocols, hasNoPorts) {
			return errors.New("ports need protocol: tcp, udp or sctp")
		}
	}
	if r.Fragments && r.asksForPorts() {
		return errors.New("fragments other than the first have neither ports nor ICMP types")
	}
	if len(r.Sources) > 0 && len(r.Destinations) > 0 && !sharesVersion(r.Sources, r.Destinations) {
		return errors.New("source and destination are of different IP versions")
	}
	return nil
}

func hasNoPorts(protocol uint8) bool { return protocol != tcp && protocol != udp && protocol != sctp }

func sharesVersion(a, b []netip.Prefix) bool {
	return slices.ContainsFunc(a, func(p netip.Prefix) bool {
		return slices.ContainsFunc(b, func(q netip.Prefix) bool { return p.Addr().Is4() == q.Addr().Is4() })
	})
}
