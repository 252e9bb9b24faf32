// SPDX-License-Identifier: Apache-2.0

package bpfmaps

import (
	"fmt"
	"net/netip"

	"github.com/cilium/ebpf"
)

// rule says what becomes of packets from a prefix.
type rule struct {
	prefix netip.Prefix
	drop   bool
}

// replaceRules puts a whole set of rules in the place of the one at work. A packet meets
// the old set or the new one, never a mixture. template is the outer map's InnerMap.
func replaceRules(rulesets *ebpf.Map, template *ebpf.MapSpec, rules []rule) error {
	fresh, err := ebpf.NewMap(template)
	if err != nil {
		return fmt.Errorf("create rules: %w", err)
	}
	// The outer map keeps it alive.
	defer fresh.Close()

	keys, verdicts := make([]rulesetPrefix, len(rules)), make([]uint32, len(rules))
	for i, rule := range rules {
		keys[i] = prefixKey(rule.prefix)
		if rule.drop {
			verdicts[i] = 1
		}
	}
	if _, err := fresh.BatchUpdate(keys, verdicts, nil); err != nil {
		return fmt.Errorf("fill rules: %w", err)
	}
	if err := rulesets.Put(uint32(0), fresh); err != nil {
		return fmt.Errorf("replace rules: %w", err)
	}
	return nil
}

// prefixKey is an IPv4 or IPv6 prefix as the trie compares it: IPv4 is IPv4-mapped, as in
// the keys of flows.
func prefixKey(prefix netip.Prefix) rulesetPrefix {
	key := rulesetPrefix{Length: uint32(prefix.Bits())}
	if prefix.Addr().Is4() {
		key.Length += 96
	}
	key.Address.In6U.U6Addr8 = prefix.Masked().Addr().As16()
	return key
}
